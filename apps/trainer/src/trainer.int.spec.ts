import { readdir } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { trainingResult, type FederationConfigurationInput, type TrainingResult } from '@fedamole/federation';
import { defaultPool, openQueue, trainingProgress, trainingQueueName, type JobQueue } from '@fedamole/queues';
import { redisProgram } from '@fedamole/queues/fixtures';
import {
  eventually,
  postgresQueue,
  redisQueue,
  startTrainerProcess,
  type TestQueue,
  type TrainerProcess,
} from './test-processes.fixture.js';
import { Workshop, type TrainJob } from './test-workshop.fixture.js';
import { TrainingThread } from './training-thread.js';

const STEPS = 50;

let workshop: Workshop;
beforeAll(async () => {
  workshop = await Workshop.open();
});
afterAll(() => workshop.close());

/** What two runs of a job have in common: all but the time that they took. */
const timeless = (result: unknown): TrainingResult => ({
  ...trainingResult.parse(result),
  seconds: 0,
  trainSeconds: 0,
});

/** By a thread that nobody disturbs. */
async function undisturbed(job: TrainJob): Promise<TrainingResult> {
  const thread = new TrainingThread(workshop.settings());
  const result = thread.run(job, () => undefined, new AbortController().signal);
  return timeless(await result.finally(() => thread.close()));
}

const jobOf = (changes: FederationConfigurationInput = {}): Promise<TrainJob> =>
  workshop.trainJob({ stepsPerRound: STEPS, ...changes });

const artifactsKept = async (): Promise<Set<string>> => {
  const files = await readdir(workshop.artifacts.name, { recursive: true });
  return new Set(files.filter((name) => name.includes('/')).map((name) => name.replace('/', '')));
};

function behavesOn(open: () => Promise<TestQueue>): void {
  let backend: TestQueue;
  let queue: JobQueue;
  const trainers: TrainerProcess[] = [];
  beforeAll(async () => {
    backend = await open();
    queue = await openQueue(backend.settings, trainingQueueName(defaultPool), {
      migrate: true,
      onError: () => undefined,
    });
  });
  afterAll(async () => {
    await queue.close();
    await backend.close();
  });
  afterEach(async () => {
    for (const trainer of trainers.splice(0)) await trainer.kill('SIGKILL');
    for (const { id } of await queue.finished(10)) await queue.remove(id);
  });

  async function start(changes: Readonly<Record<string, string>> = {}): Promise<TrainerProcess> {
    const trainer = await startTrainerProcess({ ...workshop.environment(), ...backend.environment, ...changes });
    trainers.push(trainer);
    return trainer;
  }
  const outcome = (id: string): Promise<TrainingResult> =>
    eventually(async () => {
      const ended = await queue.outcome(id);
      if (ended?.state === 'failed') throw new Error(ended.reason);
      return ended?.state === 'completed' ? timeless(ended.result) : null;
    });
  const stepOf = async (id: string): Promise<number> => {
    const { data } = trainingProgress.safeParse((await queue.get(id))?.progress);
    return data?.phase === 'training' ? data.step : 0;
  };

  it('hands its job back when it is told to stop, and the next one comes to the same artifacts', async () => {
    const job = await jobOf();
    const expected = await undisturbed(job);
    const before = await artifactsKept();
    await queue.add('federation.1.call-notes.1', job);
    const first = await start({ TRAINER_STOP_SECONDS: '0' });
    await eventually(async () => ((await stepOf('federation.1.call-notes.1')) >= 3 ? true : null));
    expect(await first.kill('SIGTERM')).toBe(0);
    expect(first.log()).toContain('"training job handed back"');
    expect((await queue.get('federation.1.call-notes.1'))?.state).toBe('waiting');
    const named = await queue.namedDigests();
    const checkpoints = [...(await artifactsKept())].filter((digest) => !before.has(digest));
    expect(checkpoints).toHaveLength(1);
    expect(named.has(checkpoints[0] as string)).toBe(true);
    const second = await start();
    expect(await outcome('federation.1.call-notes.1')).toEqual(expected);
    expect(second.log()).toMatch(/goes on from checkpoint [0-9a-f]{64}, after step \d+/);
    // the checkpoint is removed once the outcome is stored
    await eventually(async () => ((await artifactsKept()).has(checkpoints[0] as string) ? null : true));
    expect(await artifactsKept()).toEqual(before);
  });

  it('is killed without a word, and the next one goes on from the last checkpoint and comes to the same artifacts', async () => {
    const job = await jobOf({ seed: 2, stepsPerRound: 2 * STEPS });
    const expected = await undisturbed(job);
    const before = await queue.namedDigests();
    await queue.add('federation.1.call-notes.1', job);
    const first = await start({ TRAINER_CHECKPOINT_SECONDS: '1' });
    await eventually(async () => ((await queue.namedDigests()).size > before.size + 2 ? true : null));
    expect(await first.kill('SIGKILL')).toBeNull();
    const second = await start();
    expect(await outcome('federation.1.call-notes.1')).toEqual(expected);
    expect(second.log()).toMatch(/goes on from checkpoint [0-9a-f]{64}, after step \d+/);
  });

  it('ends its job first where that takes no longer than it may take', async () => {
    const job = await jobOf({ stepsPerRound: 20 });
    const expected = await undisturbed(job);
    await queue.add('federation.1.call-notes.1', job);
    const only = await start({ TRAINER_STOP_SECONDS: '60' });
    await eventually(async () => ((await queue.get('federation.1.call-notes.1'))?.state === 'running' ? true : null));
    expect(await only.kill('SIGTERM')).toBe(0);
    expect(await outcome('federation.1.call-notes.1')).toEqual(expected);
  });

  it('runs several jobs at a time, with the artifacts of one after the other', async () => {
    const jobs = await Promise.all([jobOf(), jobOf({ seed: 3 })]);
    const expected = [await undisturbed(jobs[0] as TrainJob), await undisturbed(jobs[1] as TrainJob)];
    for (const [index, job] of jobs.entries()) await queue.add(`federation.1.client-${index}.1`, job);
    const two = { TRAINER_JOBS: '2', TRAINER_THREADS: '2' };
    const only = await start({ ...two, TRAINER_STOP_SECONDS: '0' });
    await eventually(async () => {
      const steps = await Promise.all(jobs.map((_, index) => stepOf(`federation.1.client-${index}.1`)));
      return steps.every((step) => step > 0) ? true : null;
    });
    // both are handed back, and both are gone on with
    expect(await only.kill('SIGTERM')).toBe(0);
    await start(two);
    expect(await outcome('federation.1.client-0.1')).toEqual(expected[0]);
    expect(await outcome('federation.1.client-1.1')).toEqual(expected[1]);
  });
}

describe('a trainer at a queue on Postgres', () => behavesOn(postgresQueue));
(redisProgram ? describe : describe.skip)('a trainer at a queue on Redis', () => behavesOn(redisQueue));
