/**
 * Merging a round at the paper's size: ten clients' adapters of 26 MB, each domain expert held by two. Counted are the means
 * alone, from adapters that are in memory and checked, in bytes of adapters a second; the whole job, with reading, digests,
 * checks and writing, is shown beside it, and the peak of memory for few clients and many.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { decodeAdapter, encodePool } from '@fedamole/adapters';
import { ArtifactStore } from '@fedamole/artifacts';
import { federationConfiguration, resolveConfiguration } from '@fedamole/federation';
import { mergeInto, type Contribution, type ExpertPool } from '@fedamole/mole';
import { aggregationJob, type AggregationJob } from '@fedamole/queues';
import { z } from 'zod';
import { rank } from './adapters.js';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import { race, type Contender } from './contender.js';
import { CLIENTS, EXPERTS, firstPool, heldBy, metadata, modules, upload } from './merge-uploads.js';

/** Numbers of clients whose peaks of memory are compared: the same pool, and so many uploads. */
const peaksAt = [4, 64];

export const merge: Benchmark = {
  name: 'merge',
  summary: "means of ten clients' adapters of 26 MB, bytes of adapters a second; rival: a plain copy of these bytes",
  run: async (context) => {
    const pool = firstPool();
    const files = Array.from({ length: CLIENTS }, (_, client) => upload(pool, client));
    await showWholeJobs(pool, files, context);
    return race(
      {
        unit: 'GB/s',
        better: 'higher',
        ours: [{ name: 'float64 sums, one thread', open: () => Promise.resolve(merging(pool, files)) }],
        rivals: [{ name: 'memory copy, one thread', open: () => Promise.resolve(copying(files)) }],
        turns: context.options.turns,
      },
      context.say,
    );
  },
};

function merging(pool: ExpertPool, files: readonly Uint8Array[]): Contender {
  const contributions = files.map((bytes, client): Contribution => {
    return { modules: decodeAdapter(bytes, modules, heldBy(client), rank), weight: 1 };
  });
  return contender(files, () => mergeInto(pool, contributions));
}

/** Into memory that was written before, so that the system need not find pages for it meanwhile. */
function copying(files: readonly Uint8Array[]): Contender {
  const copies = files.map((bytes) => new Uint8Array(bytes.byteLength).fill(1));
  return contender(files, () => files.forEach((bytes, index) => copies[index]?.set(bytes)));
}

function contender(files: readonly Uint8Array[], work: () => unknown): Contender {
  const gigabytes = files.reduce((sum, { byteLength }) => sum + byteLength, 0) / 1e9;
  return {
    measure: () => {
      const started = performance.now();
      work();
      return Promise.resolve(gigabytes / ((performance.now() - started) / 1000));
    },
    close: () => Promise.resolve(),
  };
}

const script = fileURLToPath(new URL('./merge-process.js', import.meta.url));
const answer = z.object({ seconds: z.number(), peakBytes: z.number() });

/** Whole jobs of an aggregator: how fast with everything, and how much memory. */
async function showWholeJobs(pool: ExpertPool, files: readonly Uint8Array[], { say }: BenchmarkContext): Promise<void> {
  const store = await mkdtemp(join(tmpdir(), 'merge-'));
  try {
    const artifacts = new ArtifactStore(store);
    const poolDigest = await artifacts.put(encodePool(modules, pool, metadata));
    const adapters: string[] = [];
    for (const bytes of files) adapters.push(await artifacts.put(bytes));
    for (const clients of peaksAt) {
      const running = promisify(execFile)(process.execPath, [script]);
      running.child.stdin?.end(JSON.stringify({ store, job: jobOf(clients, poolDigest, adapters) }));
      const { seconds, peakBytes } = answer.parse(JSON.parse((await running).stdout));
      const gigabytes = (clients * (files[0]?.byteLength ?? 0)) / 1e9;
      say(
        `the whole job of ${clients} clients, with reading, digests, checks and writing: ` +
          `${(gigabytes / seconds).toFixed(2)} GB/s, peak of memory ${(peakBytes / 1e6).toFixed(0)} MB`,
      );
    }
  } finally {
    await rm(store, { recursive: true });
  }
}

/** A last round, which assigns nothing. Clients beyond the tenth upload what those before them did. */
function jobOf(clients: number, pool: string, adapters: readonly string[]): AggregationJob {
  const names = Array.from({ length: clients }, (_, client) => `client-${String(client).padStart(3, '0')}`);
  const input = { rank, alpha: metadata.alpha, topK: metadata.topK, experts: EXPERTS };
  return aggregationJob.parse({
    kind: 'aggregate',
    federationId: 'merge',
    round: 1,
    attempt: 1,
    configuration: resolveConfiguration(federationConfiguration.parse(input), CLIENTS),
    baseModel: { name: 'model', digest: metadata.baseModel },
    modules,
    pool,
    assignment: Object.fromEntries(names.map((name, client) => [name, heldBy(client % CLIENTS)])),
    results: names.map((client, index) => ({
      client,
      adapter: adapters[index % CLIENTS],
      embeddings: null,
      trainExamples: 100,
    })),
    lastRound: true,
  });
}
