import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdWeights, type Model, type WeightForm } from '@fedamole/base-models';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { generate } from './generation.js';
import { drawnParameters, drawnSequences, mole, padTokenId, quickstartModel } from './small-models.fixture.js';

let folder: string;
let base: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weight-forms-'));
  base = await quickstartModel();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Loss, gradients and greedy tokens with the frozen weights held in a form. */
async function measured(form: WeightForm, threads = 2) {
  const model = await holdWeights(base, form, { folder });
  const engine = new Engine(model, { adapter: mole, balanceWeight: 0.001, dropout: 0, threads });
  const parameters = drawnParameters(base, [2, 4]);
  const sequences = drawnSequences(base, [24, 40]);
  const step = await engine.trainingStep(parameters, makeBatch(sequences, padTokenId), () => 1);
  const prompts = sequences.map(({ ids, promptLength }) => ids.slice(0, promptLength));
  const answers = await generate(engine, parameters, prompts, {
    maxNewTokens: 4,
    stopTokenIds: [],
    padTokenId,
  });
  await engine.release();
  return { ...step, answers };
}

/** Cosines between the gradients of each parameter, lowest first. */
function cosines(left: ReadonlyMap<string, Float32Array>, right: ReadonlyMap<string, Float32Array>): number[] {
  const dot = (a: Float32Array, b: Float32Array): number =>
    a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);
  return [...left]
    .map(([name, a]) => {
      const b = right.get(name) as Float32Array;
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    })
    .sort((a, b) => a - b);
}

const median = (sorted: readonly number[]): number => sorted[sorted.length >> 1] as number;

describe('frozen weights', () => {
  it.each([
    { form: 'bfloat16' as const, lossWithin: 1e-6, least: 0.99999, middle: 0.99999 },
    { form: 'int8' as const, lossWithin: 0.01, least: 0.9, middle: 0.98 },
    { form: 'int4' as const, lossWithin: 0.2, least: 0.5, middle: 0.85 },
  ])('held as $form keep loss and gradients near those of float32', async ({ form, lossWithin, least, middle }) => {
    const [expected, actual] = [await measured('float32'), await measured(form)];
    expect(Math.abs(actual.loss - expected.loss)).toBeLessThan(lossWithin);
    const agreement = cosines(actual.gradients, expected.gradients);
    expect(agreement[0]).toBeGreaterThan(least);
    expect(median(agreement)).toBeGreaterThan(middle);
    expect(actual.answers.map(({ length }) => length)).toEqual(expected.answers.map(({ length }) => length));
  });

  it.each(['bfloat16', 'int8'] as const)('held as %s give the same bits with any number of threads', async (form) => {
    const [one, three] = [await measured(form, 1), await measured(form, 3)];
    expect(one.loss).toBe(three.loss);
    for (const [name, gradient] of one.gradients) expect(three.gradients.get(name)).toEqual(gradient);
  });
});
