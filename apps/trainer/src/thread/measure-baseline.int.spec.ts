import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ModelCache } from '@fedamole/base-models';
import { baselineResult, type BaselineResult } from '@fedamole/federation';
import { Workshop, type BaselineJob } from '../test-workshop.fixture.js';
import { ClientDataCache } from './client-data.js';
import { Ending } from './ending.js';
import { EngineCache } from './engine-cache.js';
import { stepTimeKey } from './measure-baseline.js';
import { ModelPlaces } from './model-places.js';
import { runJob } from './run-job.js';
import { StepTimes } from './step-time.js';

let workshop: Workshop;
let engines: EngineCache;
beforeAll(async () => {
  workshop = await Workshop.open();
  engines = new EngineCache(workshop.settings());
});
afterAll(() => workshop.close());

/** At a trainer whose steps take these times: what it measures besides is real. */
async function measuredBy(job: BaselineJob, seconds: { float32: number; int8: number }): Promise<BaselineResult> {
  const stepTimes = new StepTimes();
  for (const form of ['float32', 'int8'] as const)
    await stepTimes.of(stepTimeKey(job, form), async () => seconds[form]);
  const data = new ClientDataCache(workshop.settings().clients);
  const { artifacts } = workshop;
  const { modelsFolder, modelsCache } = workshop.settings();
  const models = new ModelPlaces(modelsFolder, new ModelCache({ ...modelsCache, artifacts }));
  const workplace = { artifacts, models, data, engines, stepTimes, checkpointSeconds: 0 };
  const control = {
    send: () => undefined,
    signal: new AbortController().signal,
    ending: new Ending(),
    checkpoint: null,
    onCheckpoint: () => undefined,
    onNote: () => undefined,
  };
  return baselineResult.parse(await runJob(job, workplace, control));
}

describe('the forms of frozen weights of a client', () => {
  it('are those that are faster on its trainer, with what the base model measures in them', async () => {
    const job = workshop.baselineJob({ weights: 'auto' });
    const { metrics, weightForms } = await measuredBy(job, { float32: 2, int8: 1 });
    const held = await measuredBy(workshop.baselineJob({ weights: 'int8' }), { float32: 2, int8: 1 });
    expect(weightForms).toEqual([
      { form: 'float32', secondsPerStep: 2, metrics },
      { form: 'int8', secondsPerStep: 1, metrics: held.metrics },
    ]);
    expect(held.metrics.validationLoss).not.toBe(metrics.validationLoss);
    expect(Math.abs(held.metrics.validationLoss - metrics.validationLoss)).toBeLessThan(0.1);
  });

  it('are not evaluated where they are hardly faster', async () => {
    const job = workshop.baselineJob({ weights: 'auto' });
    const { metrics, weightForms } = await measuredBy(job, { float32: 2, int8: 1.95 });
    expect(weightForms).toEqual([
      { form: 'float32', secondsPerStep: 2, metrics },
      { form: 'int8', secondsPerStep: 1.95, metrics: null },
    ]);
  });
});
