import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readModel, type Model } from '@fedamole/base-models';
import type { AdapterKind } from './adapter-kind.js';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { drawnParameters, drawnSequences, llamaFolder, mole, padTokenId, tinyModel } from './small-models.fixture.js';

async function step(model: Model, recompute: boolean, dropout: number) {
  const adapter: AdapterKind = mole;
  const engine = new Engine(model, { adapter, balanceWeight: 0.5, dropout, recompute, threads: 2 });
  const batch = makeBatch(drawnSequences(model, [9, 14, 5]), padTokenId);
  const result = await engine.trainingStep(drawnParameters(model, [2, 5]), batch, (module) => module.length);
  await engine.release();
  return result;
}

async function expectSameBits(model: Model, dropout: number): Promise<void> {
  const [kept, recomputed] = [await step(model, false, dropout), await step(model, true, dropout)];
  expect(recomputed.loss).toBe(kept.loss);
  expect(recomputed.balance).toBe(kept.balance);
  for (const [name, gradient] of kept.gradients) {
    expect(gradient.some((value) => value !== 0)).toBe(true);
    expect(recomputed.gradients.get(name)).toEqual(gradient);
  }
}

describe('a step that recomputes activations', () => {
  it.each([0, 0.2])('has the bits of one that keeps them, at a dropout of %d', async (dropout) => {
    await expectSameBits(await tinyModel(), dropout);
  });

  it.each(['gemma2', 'phi3', 'gpt2', 'falcon-rw', 'falcon-new', 'opt', 'opt-350m'])(
    'has them in another family, too: %s',
    async (family) => {
      await expectSameBits(await readModel(join(llamaFolder, '..', family)), 0.2);
    },
  );
});
