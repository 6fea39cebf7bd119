import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { z } from 'zod';
import { eventually } from './fixtures/eventually.js';
import { redisProgram, startTestRedis, type TestRedis } from './fixtures/redis-server.js';
import type { FinishedJob, JobContext, JobQueue, QueueSettings, RunningWorker, WorkerOptions } from './index.js';
import { HandedBackJobError, openQueue, PermanentJobError, PostponedJobError, startWorker } from './index.js';
import { temporaryDatabase } from './temporary-database.fixture.js';

const payload = z.strictObject({ number: z.int() });
const result = z.strictObject({ double: z.int() });
type Payload = z.infer<typeof payload>;
type Result = z.infer<typeof result>;

function behavesAsAQueue(settings: () => QueueSettings, wipe: () => Promise<void>): void {
  const closings: (() => Promise<void>)[] = [];
  const onError = (): void => undefined;

  async function open(name: string): Promise<JobQueue> {
    const queue = await openQueue(settings(), name, { migrate: true, onError });
    closings.unshift(() => queue.close());
    return queue;
  }
  async function work(
    queueName: string,
    handler: WorkerOptions<Payload, Result>['handler'],
    options: Partial<WorkerOptions<Payload, Result>> = {},
  ): Promise<RunningWorker> {
    const worker = await startWorker({
      settings: settings(),
      queueName,
      payload,
      result,
      handler,
      onError,
      ...options,
    });
    closings.unshift(() => worker.close());
    return worker;
  }
  const ended = (queue: JobQueue): Promise<FinishedJob> => eventually(async () => (await queue.finished(10))[0]);

  afterEach(async () => {
    for (const close of closings.splice(0)) await close();
  });

  it('hands a job to a worker and keeps its result until it is removed', async () => {
    const queue = await open('results');
    await queue.add('one.0.ward.1', { number: 21 });
    await work('results', async ({ number }) => ({ double: number * 2 }));
    expect(await ended(queue)).toEqual({
      id: 'one.0.ward.1',
      state: 'completed',
      result: { double: 42 },
    });
    expect(await queue.remove('one.0.ward.1')).toBe(true);
    expect(await queue.finished(10)).toEqual([]);
    expect(await queue.get('one.0.ward.1')).toBeNull();
    expect(await queue.remove('one.0.ward.1')).toBe(true);
  });

  it('adds many jobs at once, leaves those that exist, and tells the states of those that are there', async () => {
    const queue = await open('many');
    await queue.add('one.0.client-7.1', { number: 1000 });
    const jobs = Array.from({ length: 450 }, (_, number) => ({ id: `one.0.client-${number}.1`, payload: { number } }));
    const ids = jobs.map(({ id }) => id);
    expect(await queue.states(ids)).toEqual(new Map([['one.0.client-7.1', 'waiting']]));
    await queue.addAll(jobs);
    await queue.addAll([]);
    expect(await queue.states([...ids, 'one.0.absent.1'])).toEqual(new Map(ids.map((id) => [id, 'waiting'])));
    const doubles = new Map<string, number>();
    await work('many', async ({ number }, { jobId }) => {
      doubles.set(jobId, number * 2);
      return { double: number * 2 };
    });
    await eventually(async () => (doubles.size === 450 ? true : null));
    expect(doubles.get('one.0.client-7.1')).toBe(2000);
    expect(doubles.get('one.0.client-449.1')).toBe(898);
  });

  it('adds a job once, however often it is added', async () => {
    const queue = await open('once');
    for (let times = 0; times < 3; times++) await queue.add('one.0.ward.1', { number: times });
    const taken: number[] = [];
    await work('once', async ({ number }) => {
      taken.push(number);
      return { double: number };
    });
    await ended(queue);
    await queue.add('one.0.ward.1', { number: 7 });
    expect(taken).toEqual([0]);
    expect((await queue.get('one.0.ward.1'))?.state).toBe('completed');
  });

  it('tries three times, then keeps the reason', async () => {
    const queue = await open('failing');
    await queue.add('one.0.ward.1', { number: 1 });
    const attempts: number[] = [];
    const finals: boolean[] = [];
    await work(
      'failing',
      async (_payload, { attempt }) => {
        attempts.push(attempt);
        throw new Error('the disk\u0000 is full');
      },
      { onFailure: (_id, _error, final) => finals.push(final) },
    );
    expect(await ended(queue)).toMatchObject({ state: 'failed', reason: 'the disk\uFFFD is full' });
    expect(attempts).toEqual([1, 2, 3]);
    expect(finals).toEqual([false, false, true]);
  });

  it('tells what a job came to, and every digest that a job names, whether it has ended or not', async () => {
    const queue = await open('digests');
    const [asked, answered, waiting] = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
    const worker = await startWorker({
      ...{ settings: settings(), queueName: 'digests', payload: z.unknown(), result: z.unknown(), onError },
      handler: async () => ({ pools: [answered], note: `not ${waiting}` }),
    });
    closings.unshift(() => worker.close());
    await queue.add('one.0', { pool: asked, rounds: 3 });
    expect(await eventually(() => queue.outcome('one.0'))).toMatchObject({ state: 'completed' });
    expect(await queue.namedDigests()).toEqual(new Set([asked, answered]));
    await worker.close();
    await queue.add('one.1', { pools: { bank: waiting } });
    expect(await queue.outcome('one.1')).toBeNull();
    expect(await queue.outcome('one.2')).toBeNull();
    expect(await queue.namedDigests()).toEqual(new Set([asked, answered, waiting]));
  });

  it('does not try a permanent failure again', async () => {
    const queue = await open('permanent');
    await queue.add('one.0.ward.1', { number: 1 });
    const attempts: number[] = [];
    await work('permanent', async (_payload, { attempt }) => {
      attempts.push(attempt);
      throw new PermanentJobError('no data for "ward"');
    });
    expect(await ended(queue)).toMatchObject({ state: 'failed', reason: 'no data for "ward"' });
    expect(attempts).toEqual([1]);
  });

  it('refuses a payload and a result that do not fit, and names the field', async () => {
    const queue = await open('shapes');
    await queue.add('one.0.bank.1', { number: 'many' });
    await work('shapes', async () => ({ double: Number.NaN }));
    expect(await ended(queue)).toMatchObject({ reason: expect.stringContaining('payload refused: number:') });
    await queue.remove('one.0.bank.1');
    await queue.add('one.0.ward.1', { number: 1 });
    expect(await ended(queue)).toMatchObject({ reason: expect.stringContaining('result refused: double:') });
  });

  it('shows what a running job reports', async () => {
    const queue = await open('progress');
    await queue.add('one.0.ward.1', { number: 1 });
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    await work('progress', async ({ number }, { reportProgress }) => {
      reportProgress({ step: 1 });
      reportProgress({ step: 2 });
      await finished;
      return { double: number };
    });
    const snapshot = await eventually(async () => {
      const seen = await queue.get('one.0.ward.1');
      return z.object({ step: z.literal(2) }).safeParse(seen?.progress).success ? seen : null;
    });
    expect(snapshot).toMatchObject({ state: 'running' });
    expect(await queue.remove('one.0.ward.1')).toBe(false);
    finish();
    expect((await ended(queue)).state).toBe('completed');
  });

  it('gives running jobs back when it closes so, and no attempt is lost', async () => {
    const queue = await open('giveback');
    await queue.add('one.0.ward.1', { number: 4 });
    let took = (): void => undefined;
    const taken = new Promise<void>((resolve) => (took = resolve));
    const first = await work('giveback', async (_payload, { signal }) => {
      took();
      await once(signal, 'abort');
      throw new Error('stopped');
    });
    await taken;
    await first.close({ giveBack: true });
    expect(await queue.get('one.0.ward.1')).toMatchObject({ state: 'waiting' });
    await work('giveback', async ({ number }, { attempt }) => ({ double: number * 2 + attempt - 1 }));
    expect(await ended(queue)).toMatchObject({ state: 'completed', result: { double: 8 } });
  });

  it('hands a job back to whoever takes it next, and no attempt is lost', async () => {
    const queue = await open('handback');
    await queue.add('one.0.ward.1', { number: 4 });
    const closings: Promise<void>[] = [];
    const first = await work('handback', async () => {
      closings.push(first.close());
      throw new HandedBackJobError('told to stop');
    });
    await eventually(async () => (closings.length > 0 ? true : null));
    await Promise.all(closings);
    expect(await queue.get('one.0.ward.1')).toMatchObject({ state: 'waiting' });
    await work('handback', async ({ number }, { attempt }) => ({ double: number * 2 + attempt - 1 }));
    expect(await ended(queue)).toMatchObject({ state: 'completed', result: { double: 8 } });
  });

  describe('a checkpoint', () => {
    const [early, late] = ['e', 'f'].map((letter) => letter.repeat(64)) as [string, string];

    it('goes with its job from worker to worker, through hand-backs and failures, and is told when the job has ended', async () => {
      const queue = await open('checkpoints');
      await queue.add('one.0.ward.1', { number: 4 });
      const given: (string | null)[] = [];
      const told: (string | null)[] = [];
      const handler: WorkerOptions<Payload, Result>['handler'] = async ({ number }, context) => {
        given.push(context.checkpoint);
        context.reportProgress({ step: given.length });
        if (given.length > 3) return { double: number * 2 };
        if (given.length < 3) await context.recordCheckpoint(given.length === 1 ? early : late);
        context.reportProgress({ step: 10 * given.length });
        throw given.length === 2 ? new Error('it fell over') : new HandedBackJobError('told to stop');
      };
      await work('checkpoints', handler, { onEnded: (_id, checkpoint) => told.push(checkpoint) });
      expect((await ended(queue)).state).toBe('completed');
      expect(given).toEqual([null, early, late, late]);
      await eventually(async () => (told.length > 0 ? true : null));
      expect(told).toEqual([late]);
    });

    it('is named by its job while that waits, so that it is not collected', async () => {
      const queue = await open('named-checkpoints');
      await queue.add('one.0.ward.1', { number: 4 });
      const closings: Promise<void>[] = [];
      const worker = await work('named-checkpoints', async (_payload, { recordCheckpoint }) => {
        await recordCheckpoint(early);
        closings.push(worker.close());
        throw new HandedBackJobError('told to stop');
      });
      await eventually(async () => (closings.length > 0 ? true : null));
      await Promise.all(closings);
      expect(await queue.namedDigests()).toEqual(new Set([early]));
    });

    it('outlives a worker that was killed', async () => {
      const queue = await open('killed-checkpoints');
      await queue.add('one.0.ward.1', { number: 5 });
      const fixture = fileURLToPath(new URL('./stuck-worker.fixture.js', import.meta.url));
      const child = fork(fixture, [JSON.stringify(settings()), 'killed-checkpoints', early]);
      await once(child, 'message');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const given: (string | null)[] = [];
      const handler = async ({ number }: Payload, { checkpoint }: JobContext): Promise<Result> => {
        given.push(checkpoint);
        return { double: number * 2 };
      };
      await work('killed-checkpoints', handler, { lockDuration: 1000, stalledInterval: 500 });
      await ended(queue);
      expect(given).toEqual([early]);
    });

    it('of a job that is gone cannot be recorded', async () => {
      const queue = await open('gone-checkpoints');
      await queue.add('one.0.ward.1', { number: 5 });
      const refusals: unknown[] = [];
      await work('gone-checkpoints', async (_payload, { recordCheckpoint }) => {
        await wipe();
        await recordCheckpoint(early).catch((error: unknown) => refusals.push(error));
        throw new Error('stopped');
      });
      expect(await eventually(async () => refusals[0])).toBeInstanceOf(Error);
    });
  });

  it('runs as many jobs at a time as it is told', async () => {
    const queue = await open('concurrent');
    for (const client of ['a', 'b', 'c']) await queue.add(`one.0.${client}.1`, { number: 1 });
    let running = 0;
    let most = 0;
    await work(
      'concurrent',
      async ({ number }) => {
        most = Math.max(most, ++running);
        await eventually(async () => (most === 2 ? true : null));
        running--;
        return { double: number };
      },
      { concurrency: 2 },
    );
    await eventually(async () => ((await queue.finished(10)).length === 3 ? true : null));
    expect(most).toBe(2);
  });

  it('takes over the job of a worker that was killed, and no attempt is lost', async () => {
    const queue = await open('takeover');
    await queue.add('one.0.ward.1', { number: 5 });
    const fixture = fileURLToPath(new URL('./stuck-worker.fixture.js', import.meta.url));
    const child = fork(fixture, [JSON.stringify(settings()), 'takeover']);
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const attempts: number[] = [];
    await work(
      'takeover',
      async ({ number }, { attempt }) => {
        attempts.push(attempt);
        return { double: number * 2 };
      },
      { lockDuration: 1000, stalledInterval: 500 },
    );
    expect(await ended(queue)).toMatchObject({ state: 'completed', result: { double: 10 } });
    expect(attempts).toEqual([1]);
  });

  it('takes the job of a worker that was stopped for longer than its lock, which then leaves it alone', async () => {
    const queue = await open('stopped');
    await queue.add('one.0.ward.1', { number: 6 });
    const fixture = fileURLToPath(new URL('./stuck-worker.fixture.js', import.meta.url));
    const child = fork(fixture, [JSON.stringify(settings()), 'stopped']);
    try {
      expect(await once(child, 'message')).toMatchObject([{ took: 'one.0.ward.1' }]);
      child.kill('SIGSTOP');
      const handler = async ({ number }: Payload): Promise<Result> => ({ double: number * 2 });
      const other = await work('stopped', handler, { lockDuration: 1000, stalledInterval: 500 });
      await ended(queue);
      await other.close();
      const lost = once(child, 'message');
      child.kill('SIGCONT');
      expect(await lost).toMatchObject([{ lost: 'one.0.ward.1' }]);
      expect(await ended(queue)).toMatchObject({ state: 'completed', result: { double: 12 } });
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('tries a postponed job again, as often as it takes, and no attempt is lost', async () => {
    const queue = await open('postponed');
    await queue.add('one.0.ward.1', { number: 5 });
    const attempts: number[] = [];
    const said: string[] = [];
    await work(
      'postponed',
      async ({ number }, { attempt }) => {
        attempts.push(attempt);
        if (attempts.length < 5) throw new PostponedJobError('no room for 17 bytes');
        return { double: number * 2 };
      },
      { postponement: 100, onPostponed: (id, { message }, ms) => said.push(`${id}: ${message}, ${ms}`) },
    );
    expect(await ended(queue)).toMatchObject({ state: 'completed', result: { double: 10 } });
    expect(attempts).toEqual([1, 1, 1, 1, 1]);
    expect(said).toEqual(Array.from({ length: 4 }, () => 'one.0.ward.1: no room for 17 bytes, 100'));
  });

  it('tries as often as the job is configured', async () => {
    const queue = await open('configured');
    await queue.add('one.0.ward.1', {
      number: 1,
      client: 'ward',
      configuration: { clientAttempts: 4, retryBackoff: 0.01 },
    });
    let attempts = 0;
    const handler = async (): Promise<Result> => {
      attempts++;
      throw new Error('no');
    };
    await work('configured', handler, { payload: z.looseObject({ number: z.int() }) });
    expect((await ended(queue)).state).toBe('failed');
    expect(attempts).toBe(4);
  });

  it('stops a job that is withdrawn while it runs, and does not try it again', async () => {
    const queue = await open('withdrawn');
    await queue.add('one.0.ward.1', { number: 1 });
    let took = (): void => undefined;
    const taken = new Promise<void>((resolve) => (took = resolve));
    let calls = 0;
    await work('withdrawn', async (_payload, { signal }) => {
      calls++;
      took();
      await once(signal, 'abort');
      throw new Error('stopped');
    });
    await taken;
    expect(await queue.withdraw('one.0.ward.1')).toBe(false);
    expect(await ended(queue)).toMatchObject({ state: 'failed', reason: 'withdrawn' });
    expect(await queue.withdraw('one.0.ward.1')).toBe(true);
    expect(await queue.get('one.0.ward.1')).toBeNull();
    expect(calls).toBe(1);
  });

  it('stops a job that is gone from the queue, and does it when it is added again', async () => {
    const queue = await open('gone');
    const job = { number: 3 };
    await queue.add('one.0.ward.1', job);
    let calls = 0;
    await work('gone', async ({ number }, { signal }) => {
      calls++;
      if (calls > 1) return { double: number * 2 };
      await wipe();
      await once(signal, 'abort');
      throw new Error('stopped');
    });
    await eventually(async () => (calls > 0 && (await queue.get('one.0.ward.1')) === null ? true : null));
    await queue.add('one.0.ward.1', job);
    expect(await ended(queue)).toMatchObject({ state: 'completed', result: { double: 6 } });
    expect(calls).toBe(2);
  });

  it('keeps a job for longer than its lock lasts while the handler runs', async () => {
    const queue = await open('renewal');
    await queue.add('one.0.ward.1', { number: 1 });
    let calls = 0;
    const handler = async (): Promise<Result> => {
      calls++;
      await sleep(2500);
      return { double: calls };
    };
    await work('renewal', handler, { lockDuration: 800, stalledInterval: 200 });
    await work('renewal', handler, { lockDuration: 800, stalledInterval: 200 });
    expect(await ended(queue)).toMatchObject({ result: { double: 1 } });
  });
}

describe('queues on Postgres', () => {
  let database: Awaited<ReturnType<typeof temporaryDatabase>>;
  beforeAll(async () => {
    database = await temporaryDatabase();
  });
  afterAll(() => database.drop());

  const settings = (schema = 'bullmq'): QueueSettings => ({
    backend: 'postgres',
    connectionString: database.url,
    schema,
  });
  behavesAsAQueue(
    () => settings(),
    async () => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query('DELETE FROM bullmq.job');
      await client.end();
    },
  );

  it('lets workers wait for the tables, which only a migrating producer creates', async () => {
    const waiting: Error[] = [];
    const onError = (error: Error): void => void waiting.push(error);
    await expect(openQueue(settings('later'), 'early', { onError })).rejects.toThrow('is not initialized');
    const handler = async ({ number }: Payload): Promise<Result> => ({ double: number * 2 });
    const starting = startWorker({
      settings: settings('later'),
      queueName: 'early',
      payload,
      result,
      handler,
      onError,
    });
    await eventually(async () => waiting[0]);
    const queue = await openQueue(settings('later'), 'early', { migrate: true, onError });
    await queue.add('one.0.ward.1', { number: 1 });
    const worker = await starting;
    expect(await eventually(async () => (await queue.finished(1))[0])).toMatchObject({ result: { double: 2 } });
    await worker.close();
    await queue.close();
  });
});

(redisProgram ? describe : describe.skip)('queues on Redis', () => {
  let server: TestRedis;
  let url: string;
  beforeAll(async () => {
    server = await startTestRedis();
    ({ url } = server);
  });
  afterAll(() => server.stop());
  behavesAsAQueue(
    () => ({ backend: 'redis', url, prefix: 'fedamole' }),
    async () => {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
  );

  it('keeps platforms of different prefixes apart', async () => {
    const open = (prefix: string): Promise<JobQueue> =>
      openQueue({ backend: 'redis', url, prefix }, 'shared', { onError: () => undefined });
    const [one, other] = [await open('one'), await open('other')];
    await one.add('one.0.ward.1', { number: 1 });
    expect(await other.get('one.0.ward.1')).toBeNull();
    expect((await one.get('one.0.ward.1'))?.state).toBe('waiting');
    await Promise.all([one.close(), other.close()]);
  });
});
