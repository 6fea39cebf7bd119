import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { publishModel } from '@fedamole/base-models';
import { trainingResult, type TrainingResult } from '@fedamole/federation';
import { PermanentJobError, PostponedJobError, type TrainingProgress } from '@fedamole/queues';
import type { ThreadSettings } from './thread/messages.js';
import { Workshop, type TrainJob } from './test-workshop.fixture.js';
import { TrainingThread } from './training-thread.js';

let workshop: Workshop;
let job: TrainJob;
let bytes: number;
beforeAll(async () => {
  workshop = await Workshop.open();
  const { manifest, digest, files } = await publishModel(workshop.model.folder, workshop.artifacts);
  bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const plain = await workshop.trainJob();
  job = { ...plain, baseModel: { name: 'model', digest, manifest } };
});
afterAll(() => workshop.close());

let settings: ThreadSettings;
let thread: TrainingThread;
let number = 0;
beforeEach(async () => {
  const { modelsFolder, ...others } = workshop.settings();
  const empty = join(modelsFolder, '..', `no-models-${number++}`);
  await mkdir(empty);
  settings = { ...others, modelsFolder: empty, modelsCache: { folder: `${empty}-cache`, maximumBytes: bytes } };
  thread = new TrainingThread(settings);
});
afterEach(() => thread.close());

const signal = (): AbortSignal => new AbortController().signal;
const ignore = (): void => undefined;
const trained = async (by: TrainingThread, of = job, watch: (progress: TrainingProgress) => void = ignore) =>
  timeless(trainingResult.parse(await by.run(of, watch, signal())));
const timeless = (result: TrainingResult): object => ({ ...result, seconds: 0, trainSeconds: 0 });

describe('a trainer without the folder of a base model', () => {
  it('fetches it once, and trains as one that has the folder', async () => {
    const own = new TrainingThread(workshop.settings());
    const expected = await trained(own).finally(() => own.close());
    const loading: number[][] = [];
    const watch = ({ phase, step, steps }: TrainingProgress): void =>
      void (phase === 'loading' && steps > 0 && loading.push([step, steps]));
    expect(await trained(thread, job, watch)).toEqual(expected);
    const { length } = await readdir(workshop.model.folder);
    expect(loading).toEqual(Array.from({ length }, (_, step) => [step, length]));
    expect(await trained(thread, job, watch)).toEqual(expected);
    expect(loading).toHaveLength(length);
    expect(await readdir(settings.modelsCache.folder)).toEqual([workshop.modelDigest]);
    expect(await readdir(workshop.settings().modelsCache.folder).catch(() => [])).toEqual([]);
  });

  it('refuses for good a model that its cache is too small for, with both sizes', async () => {
    const small = new TrainingThread({
      ...settings,
      modelsCache: { ...settings.modelsCache, maximumBytes: bytes - 1 },
    });
    const refused = small.run(job, ignore, signal()).finally(() => small.close());
    await expect(refused).rejects.toThrow(
      `base model model has ${bytes} bytes; the cache of models holds at most ${bytes - 1} (MODELS_CACHE_MIB)`,
    );
    await expect(refused).rejects.toBeInstanceOf(PermanentJobError);
  });

  it('waits where there is no room beside a model that another job uses', async () => {
    const folder = join(settings.modelsFolder, '..', `other-${number}`);
    await mkdir(folder);
    await writeFile(join(folder, 'weights'), 'w');
    const { manifest, digest } = await publishModel(folder, workshop.artifacts);
    let refusal: unknown;
    const other = { ...job, baseModel: { name: 'other', digest, manifest } };
    const second = new TrainingThread(settings);
    const watch = ({ phase }: TrainingProgress): void => {
      if (phase === 'training') refusal ??= second.run(other, ignore, signal()).catch((error: unknown) => error);
    };
    await trained(thread, { ...job, configuration: { ...job.configuration, stepsPerRound: 30 } }, watch);
    expect(await refusal).toBeInstanceOf(PostponedJobError);
    await second.close();
  });

  it('fetches it again where its copy was damaged', async () => {
    const expected = await trained(thread);
    await writeFile(join(settings.modelsCache.folder, workshop.modelDigest, 'generation_config.json'), '{"a": 1}');
    const next = new TrainingThread(settings);
    const failed = next.run(job, ignore, signal());
    await expect(failed).rejects.toThrow(/has digest .*; it is removed, and fetched anew$/);
    await expect(failed).rejects.not.toBeInstanceOf(PermanentJobError);
    expect(await trained(next)).toEqual(expected);
    await next.close();
  });

  it('refuses for good a manifest of another model, and a model that was never stored', async () => {
    const wrong = { ...job, baseModel: { ...job.baseModel, digest: 'a'.repeat(64) } };
    await expect(thread.run(wrong, ignore, signal())).rejects.toBeInstanceOf(PermanentJobError);
    const { name, digest } = job.baseModel;
    const unpublished = thread.run({ ...job, baseModel: { name, digest } }, ignore, signal());
    await expect(unpublished).rejects.toThrow(/no-models-\d+\/model: no such folder$/);
  });
});
