import { randomUUID } from 'node:crypto';
import { mkdtemp, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArtifactStore } from '@fedamole/artifacts';
import { aggregationOutcome, type AggregationOutcome } from '@fedamole/federation';
import {
  aggregationQueueName,
  openQueue,
  type AggregationJob,
  type JobQueue,
  type QueueSettings,
} from '@fedamole/queues';
import type { RunningService } from '@fedamole/services';
import pg from 'pg';
import { pino } from 'pino';
import { startAggregator } from './aggregator.js';
import { aggregateJob, initialiseJob } from './test-round.fixture.js';

describe('the aggregator at its queue', () => {
  const connectionString = process.env['TEST_POSTGRES_URL'] ?? '';
  const schema = `aggregator_${randomUUID().replaceAll('-', '')}`;
  const settings: QueueSettings = { backend: 'postgres', connectionString, schema };
  let folder = '';
  let queue: JobQueue;
  let aggregator: RunningService;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aggregator-'));
    queue = await openQueue(settings, aggregationQueueName, { migrate: true, onError: () => undefined });
    const service = {
      queue: settings,
      artifacts: { kind: 'folder' as const, folder },
      leastFreeBytes: 0,
      healthHost: '127.0.0.1',
      healthPort: 0,
    };
    aggregator = await startAggregator({ ...service, logLevel: 'silent' }, pino({ level: 'silent' }));
  });
  afterAll(async () => {
    await aggregator.close();
    await queue.close();
    await rm(folder, { recursive: true });
    const client = new pg.Client({ connectionString });
    await client.connect();
    await client.query(`DROP SCHEMA ${schema} CASCADE`);
    await client.end();
  });

  async function outcomeOf(job: AggregationJob): Promise<AggregationOutcome> {
    const id = `${job.federationId}.${job.round}.aggregation.${job.attempt}`;
    await queue.add(id, job);
    for (let look = 0; look < 600; look += 1) {
      const ended = (await queue.finished(10)).find((each) => each.id === id);
      if (ended?.state === 'completed') return aggregationOutcome.parse(ended.result);
      if (ended?.state === 'failed') throw new Error(ended.reason);
      await sleep(50);
    }
    throw new Error(`${id} did not end within half a minute`);
  }

  it('answers a round with one damaged upload by the refusal, and the next attempt by the merge of the others', async () => {
    const artifacts = new ArtifactStore(folder);
    const first = await outcomeOf(initialiseJob());
    if (!('pool' in first) || first.next === null) throw new Error('the first round was not assigned');
    const job = await aggregateJob(artifacts, { pool: first.pool, assignment: first.next.assignment });
    const damaged = job.results.find(({ client }) => client === 'ben')?.adapter ?? '';
    await truncate(artifacts.path(damaged), 100);

    const outcome = await outcomeOf(job);
    if (!('refused' in outcome)) throw new Error('it was merged');
    expect(outcome.refused.map(({ client, artifact }) => ({ client, artifact }))).toEqual([
      { client: 'ben', artifact: damaged },
    ]);
    expect(outcome.refused[0]?.reason).toMatch(`Artifact ${damaged} is corrupt`);

    const results = job.results.filter(({ client }) => client !== 'ben');
    const merged = await outcomeOf({ ...job, attempt: 2, results });
    expect('pool' in merged && Object.keys(merged.next?.assignment ?? {})).toEqual(['ana', 'cem', 'dora']);
  });

  const health = async (): Promise<{ status: number; reasons: Record<string, string> }> => {
    const answer = await fetch(`${aggregator.url}/health/ready`);
    const { reasons = {} } = (await answer.json()) as { reasons?: Record<string, string> };
    return { status: answer.status, reasons };
  };

  it('counts its jobs and the bytes that they moved', async () => {
    await outcomeOf({ ...initialiseJob(), attempt: 7 });
    const text = await (await fetch(`${aggregator.url}/metrics`)).text();
    const value = (sample: string): number =>
      Number(
        text
          .split('\n')
          .find((line) => line.startsWith(sample))
          ?.slice(sample.length),
      );
    expect(value('fedamole_job_duration_seconds_count{queue="aggregation",outcome="completed"} ')).toBeGreaterThan(0);
    expect(value('fedamole_artifact_bytes_total{direction="written"} ')).toBeGreaterThan(1000);
    expect(value('fedamole_jobs_running{queue="aggregation"} ')).toBe(0);
    expect(value('fedamole_jobs_failed_total{queue="replay",final="true"} ')).toBe(0);
    expect(value('fedamole_artifacts_free_bytes ')).toBeGreaterThan(0);
  });

  it('is not ready while the artifacts folder is away, and says so', async () => {
    expect(await health()).toEqual({ status: 200, reasons: {} });
    await rename(folder, `${folder}-away`);
    const away = await health();
    await rename(`${folder}-away`, folder);
    expect(away.status).toBe(503);
    expect(away.reasons['artifacts']).toContain('ENOENT');
    expect((await health()).status).toBe(200);
  });
});
