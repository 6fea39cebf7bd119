import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readTrainerSettings } from '@fedamole/config';
import { migratedDatabase } from '@fedamole/event-store/fixtures';
import { openQueue, WorkerDirectory, type JobQueue, type QueueSettings } from '@fedamole/queues';
import type { RunningService } from '@fedamole/services';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { clients, Workshop } from './test-workshop.fixture.js';
import { startTrainer } from './trainer.js';

const onError = (): void => undefined;
const [own, foreign] = clients;
let workshop: Workshop;
let database: Awaited<ReturnType<typeof migratedDatabase>>;
let queue: JobQueue;
let directory: WorkerDirectory;
let trainer: RunningService;
let postponed: string[];

async function eventually<Value>(look: () => Promise<Value | null>): Promise<Value> {
  for (let tries = 0; tries < 600; tries++) {
    const value = await look();
    if (value !== null) return value;
    await sleep(50);
  }
  throw new Error('it did not happen within half a minute');
}

beforeAll(async () => {
  workshop = await Workshop.open();
  database = await migratedDatabase();
  const settings: QueueSettings = { backend: 'postgres', connectionString: database.url, schema: 'bullmq' };
  queue = await openQueue(settings, 'training.north', { migrate: true, onError });
  directory = await WorkerDirectory.open(settings, { onError });
  const { modelsFolder, weightsFolder } = workshop.settings();
  const artifactsFolder = workshop.artifacts.name;
  for (const folder of [artifactsFolder, weightsFolder]) await mkdir(folder);
  postponed = [];
  const logger = pino(
    { level: 'warn' },
    { write: (line) => void postponed.push((JSON.parse(line) as { msg: string }).msg) },
  );
  trainer = await startTrainer(
    readTrainerSettings({
      ...{ QUEUE_DATABASE_URL: database.url, ARTIFACTS_FOLDER: artifactsFolder, ARTIFACTS_FREE_MIB: '0' },
      ...{ MODELS_FOLDER: modelsFolder, WEIGHTS_FOLDER: weightsFolder, TRAINER_DEVICE: 'cpu', TRAINER_THREADS: '1' },
      ...{ TRAINER_POOL: 'north', TRAINER_LABELS: 'site=north,gpu=none' },
      TRAINER_CLIENTS: JSON.stringify({ [own]: workshop.dataFile(own) }),
    }),
    logger,
  );
});
afterAll(async () => {
  await queue.close();
  await directory.close();
  await database.drop();
  await workshop.close();
});

describe('a trainer', () => {
  it('says what it can and reaches', async () => {
    await directory.look();
    expect(directory.live).toMatchObject([
      {
        ...{ kind: 'trainer', version: expect.stringMatching(/^\d+\.\d+\.\d+/), jobs: [] },
        abilities: {
          ...{ pool: 'north', clients: [own], labels: ['gpu=none', 'site=north'], device: 'cpu', threads: 1 },
          ...{ weightForms: ['float32', 'bfloat16', 'int8', 'int4'], baseModels: ['model'] },
        },
      },
    ]);
    const [worker] = directory.trainers;
    expect(worker?.abilities.memoryBytes).toBeGreaterThan(2 ** 20);
  });

  it('hands back a job that it cannot run, for another one of its pool, and runs those that it can', async () => {
    const job = workshop.baselineJob({ maxNewTokens: 4 });
    await queue.add(`one.0.${foreign}.1`, { ...job, client: foreign });
    await queue.add(`two.0.${own}.1`, {
      ...job,
      client: own,
      configuration: { ...job.configuration, trainerLabels: ['gpu=h100'] },
    });
    await queue.add(`three.0.${own}.1`, { ...job, client: own });
    const finished = await eventually(async () => (await queue.finished(10))[0] ?? null);
    expect(finished).toMatchObject({ id: `three.0.${own}.1`, state: 'completed' });
    expect((await queue.load()).jobs.failed).toBe(0);
    expect(postponed.slice(0, 2)).toEqual([
      `training job postponed: this trainer does not reach the data of client "${foreign}"`,
      'training job postponed: this trainer lacks the label gpu=h100',
    ]);
  });

  it('is gone at once when it ends', async () => {
    await trainer.close();
    await directory.look();
    expect(directory.live).toEqual([]);
  });
});
