import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { z } from 'zod';
import { eventually } from '../fixtures/eventually.js';
import { redisProgram, startTestRedis, type TestRedis } from '../fixtures/redis-server.js';
import type { Announcement, QueueSettings } from '../index.js';
import { announceWorker, openPoolRegistry, openQueue, RunningJobs, startWorker, WorkerDirectory } from '../index.js';
import { temporaryDatabase } from '../temporary-database.fixture.js';

const trainer = (pool: string): Announcement => ({
  kind: 'trainer',
  host: 'here',
  version: '1',
  uptimeSeconds: 5,
  jobs: [],
  abilities: {
    pool,
    clients: ['bank', 'ward'],
    labels: ['gpu=h100'],
    device: 'cpu',
    memoryBytes: 2 ** 33,
    threads: 2,
    weightForms: ['float32', 'int8'],
    baseModels: ['Llama-3.2-1B'],
  },
});
const onError = (): void => undefined;

function tellsWhoLives(settings: () => QueueSettings, wipe: () => Promise<void>): void {
  const closings: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closings.splice(0)) await close();
  });
  async function openDirectory(): Promise<WorkerDirectory> {
    const directory = await WorkerDirectory.open(settings(), { migrate: true, onError });
    closings.push(() => directory.close());
    return directory;
  }
  const namesIn = async (directory: WorkerDirectory): Promise<string[]> => {
    await directory.look();
    return directory.live.map(({ id }) => id);
  };

  it('names a worker with all that it says from its first sign to its graceful end', async () => {
    const directory = await openDirectory();
    expect(await namesIn(directory)).toEqual([]);
    const announcer = await announceWorker(settings(), () => trainer('default'), onError);
    expect(announcer.id).toMatch(/^trainer\..+\.[0-9a-f]{8}$/);
    await directory.look();
    expect(directory.live).toEqual([{ ...trainer('default'), id: announcer.id }]);
    expect(directory.trainers).toEqual(directory.live);
    await announcer.close();
    expect(await namesIn(directory)).toEqual([]);
  });

  it('tells what a worker says now, and makes its record again after the queue was wiped', async () => {
    const directory = await openDirectory();
    let uptimeSeconds = 5;
    const describe = (): Announcement => ({ ...trainer('default'), uptimeSeconds });
    const announcer = await announceWorker(settings(), describe, onError);
    closings.push(() => announcer.close());
    const seen = (seconds: number): Promise<true> =>
      eventually(async () => {
        await directory.look();
        return directory.live.some((worker) => worker.uptimeSeconds === seconds) ? true : null;
      });
    uptimeSeconds = 7;
    await seen(7);
    await wipe();
    expect(await namesIn(directory)).toEqual([]);
    uptimeSeconds = 9;
    await seen(9);
  });

  it('takes a worker for dead whose record stays as it is', async () => {
    const directory = await openDirectory();
    const queue = await openQueue(settings(), 'workers', { onError });
    closings.push(() => queue.close());
    await queue.add('trainer.there.00000000', { beat: 1, announcement: trainer('default') });
    expect(await namesIn(directory)).toEqual(['trainer.there.00000000']);
    const { generation } = directory;
    await eventually(async () => ((await namesIn(directory)).length === 0 ? true : null));
    expect(directory.generation).toBe(generation + 1);
    await queue.remove('trainer.there.00000000');
  });

  it('tells what its worker runs, and how fast', async () => {
    const queue = await openQueue(settings(), 'telling', { migrate: true, onError });
    closings.push(() => queue.close());
    await queue.add('one.1.ward.1', {});
    const jobs = new RunningJobs();
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const progress = { phase: 'training', step: 1, steps: 5, loss: 2, tokensPerSecond: 100 };
    const worker = await startWorker(
      jobs.observed({
        ...{ settings: settings(), queueName: 'telling', payload: z.unknown(), result: z.unknown(), onError },
        handler: async (_payload, { reportProgress }) => {
          reportProgress(progress);
          await finished;
        },
      }),
    );
    closings.unshift(() => worker.close());
    const [job] = await eventually(async () => (jobs.list().length === 1 ? jobs.list() : null));
    expect(job).toEqual({ id: 'one.1.ward.1', seconds: expect.any(Number), progress });
    finish();
    await eventually(async () => (jobs.list().length === 0 ? true : null));
  });

  it('keeps the names of pools that got jobs', async () => {
    const registry = await openPoolRegistry(settings(), { migrate: true, onError });
    closings.push(() => registry.close());
    for (const pool of ['north', '7', 'north']) await registry.add(pool);
    expect((await registry.list()).sort()).toEqual(['7', 'north']);
  });
}

describe('workers on a queue in PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof temporaryDatabase>>;
  beforeAll(async () => {
    database = await temporaryDatabase();
  });
  afterAll(() => database.drop());
  tellsWhoLives(
    () => ({ backend: 'postgres', connectionString: database.url, schema: 'bullmq' }),
    async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query('DELETE FROM bullmq.job');
      await client.end();
    },
  );

  it('are still there after the queue was away, and it is known since when they were seen', async () => {
    const settings = { backend: 'postgres', connectionString: database.url, schema: 'bullmq' } as const;
    const directory = await WorkerDirectory.open(settings, { onError });
    const announcer = await announceWorker(settings, () => trainer('default'), onError);
    await directory.look();
    expect(directory.watchedFor).not.toBeNull();
    const server = new pg.Client({ connectionString: process.env.TEST_POSTGRES_URL });
    await server.connect();
    const name = new URL(database.url).pathname.slice(1);
    const allow = (allowed: boolean) => server.query(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS ${allowed}`);
    await allow(false);
    await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    await expect(directory.look()).rejects.toThrow();
    expect(directory.live).toHaveLength(1);
    expect(directory.watchedFor).toBeNull();
    await allow(true);
    await server.end();
    await eventually(() =>
      directory.look().then(
        () => true as const,
        () => null,
      ),
    );
    expect(directory.live).toHaveLength(1);
    expect(directory.watchedFor).not.toBeNull();
    await announcer.close();
    await directory.close();
  });
});

(redisProgram ? describe : describe.skip)('workers on Redis', () => {
  let server: TestRedis;
  beforeAll(async () => {
    server = await startTestRedis();
  });
  afterAll(() => server.stop());
  tellsWhoLives(
    () => ({ backend: 'redis', url: server.url, prefix: 'fedamole' }),
    async () => {
      const client = new Redis(server.url);
      await client.flushall();
      client.disconnect();
    },
  );
});
