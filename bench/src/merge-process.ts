/**
 * An aggregator's job of merging, whole and in a process of its own: reading, digests, checks, merging, writing. Told the
 * job's settings as one line of JSON on standard input; answers with one line on standard output.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArtifactStore } from '@fedamole/artifacts';
import { aggregationResult, type AggregationOutcome } from '@fedamole/federation';
import { aggregationJob, type AggregationJob } from '@fedamole/queues';
import { z } from 'zod';
import { root } from './folders.js';
import { peakBytes } from './peak-memory.js';

const settings = z.object({ store: z.string(), job: aggregationJob });
const { store, job } = settings.parse(JSON.parse(readFileSync(0, 'utf8')));

interface AggregatorModule {
  aggregate(job: AggregationJob, artifacts: ArtifactStore): Promise<AggregationOutcome>;
}
const path = join(root, 'apps', 'aggregator', 'dist', 'aggregate.js');
const { aggregate } = (await import(pathToFileURL(path).href)) as AggregatorModule;

const { seconds } = aggregationResult.parse(await aggregate(job, new ArtifactStore(store)));
console.log(JSON.stringify({ seconds, peakBytes: peakBytes('self') }));
