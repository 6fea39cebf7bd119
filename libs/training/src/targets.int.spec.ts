import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { readModel, type Model } from '@fedamole/base-models';
import { loraParameterNames, type Parameter, type Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import type { AdapterKind } from './adapter-kind.js';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { drawnParameters, drawnSequences, padTokenId, rank } from './small-models.fixture.js';

const families = [
  'falcon-rw',
  'gemma2',
  'gpt2',
  'llama',
  'llama3-rope',
  'mistral',
  'opt',
  'opt-350m',
  'phi3',
  'qwen2',
  'qwen3',
];

/** A model of which every linear layer is adapted. */
const adaptable = (family: string): Promise<Model> =>
  readModel(fileURLToPath(new URL(`../../../fixtures/families/${family}`, import.meta.url)), { targets: 'all-linear' });

function loraParameters({ modules }: Model): Parameters {
  const drawn = (name: string, shape: readonly [number, number]): Parameter => {
    const random = seededRandom('lora', name);
    return { shape, values: Float32Array.from({ length: shape[0] * shape[1] }, () => (2 * random() - 1) * 0.2) };
  };
  return new Map(
    modules.flatMap(({ name, inputWidth, outputWidth }) => {
      const { a, b } = loraParameterNames(name);
      return [[a, drawn(a, [rank, inputWidth])] as const, [b, drawn(b, [outputWidth, rank])] as const];
    }),
  );
}

/** Steps of 0.002 resolve no slope that is much smaller: the loss is in float32. */
const SHORTEST = 0.01;

/** For each parameter how far the loss's slope along its gradient is from the gradient's length, relative to that. */
async function gradientErrors(model: Model, adapter: AdapterKind, parameters: Parameters): Promise<number[]> {
  const engine = new Engine(model, { adapter, balanceWeight: 0.5, dropout: 0, threads: 1 });
  const batch = makeBatch(drawnSequences(model, [12, 9]), padTokenId);
  const step = (of: Parameters) => engine.trainingStep(of, batch, () => 1);
  const { gradients } = await step(parameters);
  const errors: number[] = [];
  for (const [name, { shape, values }] of parameters) {
    const gradient = gradients.get(name) as Float32Array;
    const length = Math.hypot(...gradient);
    const amount = Math.min(2e-3, 1e-3 / length);
    const lossAt = async (along: number): Promise<number> => {
      const moved = values.map((element, index) => element + (along * (gradient[index] as number)) / length);
      const { loss, balance } = await step(new Map([...parameters, [name, { shape, values: moved }]]));
      return loss + 0.5 * balance;
    };
    const slope = ((await lossAt(amount)) - (await lossAt(-amount))) / (2 * amount);
    errors.push(Math.abs(slope - length) / Math.max(length, SHORTEST));
  }
  await engine.release();
  return errors;
}

describe('adapters of all linear layers', () => {
  it.each(families)('have the gradient of the loss by finite differences: a LoRA on %s', async (family) => {
    const model = await adaptable(family);
    const errors = await gradientErrors(model, { kind: 'lora', rank, alpha: 8 }, loraParameters(model));
    expect(errors).toHaveLength(2 * model.decoder.linearModules.length);
    expect(Math.max(...errors)).toBeLessThan(0.02);
  });

  it.each(['llama', 'gpt2', 'opt-350m'])(
    'have the gradient of the loss by finite differences: a mixture of experts on %s',
    async (family) => {
      const model = await adaptable(family);
      // every token is routed to every expert: the loss has no jumps
      const errors = await gradientErrors(
        model,
        { kind: 'mole', rank, alpha: 8, topK: 3 },
        drawnParameters(model, [3]),
      );
      expect(errors).toHaveLength(5 * model.decoder.linearModules.length);
      expect(Math.max(...errors)).toBeLessThan(0.02);
    },
  );
});
