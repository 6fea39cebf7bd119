import { describe, expect, it } from '@jest/globals';
import type { AdapterKind } from './adapter-kind.js';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { drawnParameters, drawnSequences, mole, padTokenId, tinyModel } from './small-models.fixture.js';

async function step(recompute: boolean, dropout: number) {
  const model = await tinyModel();
  const adapter: AdapterKind = mole;
  const engine = new Engine(model, { adapter, balanceWeight: 0.5, dropout, recompute, threads: 2 });
  const batch = makeBatch(drawnSequences(model, [9, 14, 5]), padTokenId);
  const result = await engine.trainingStep(drawnParameters(model, [2, 5]), batch, (module) => module.length);
  await engine.release();
  return result;
}

describe('a step that recomputes activations', () => {
  it.each([0, 0.2])('has the bits of one that keeps them, at a dropout of %d', async (dropout) => {
    const [kept, recomputed] = [await step(false, dropout), await step(true, dropout)];
    expect(recomputed.loss).toBe(kept.loss);
    expect(recomputed.balance).toBe(kept.balance);
    for (const [name, gradient] of kept.gradients) {
      expect(gradient.some((value) => value !== 0)).toBe(true);
      expect(recomputed.gradients.get(name)).toEqual(gradient);
    }
  });
});
