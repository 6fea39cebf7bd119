import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readModel, type Model } from '@fedamole/base-models';
import { loraParameterNames, type Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import type { AdapterKind } from './adapter-kind.js';
import { makeBatch, type Batch } from './batch.js';
import { chooseDevice } from './devices.js';
import { Engine } from './engine.js';
import { generate } from './generation.js';
import { trainLocally } from './local-training.js';
import {
  allLogits,
  distance,
  drawnParameters,
  drawnSequences,
  firstParameters,
  mole,
  padTokenId,
  rank,
  tinyModel,
} from './small-models.fixture.js';
import { shuffledBatches } from './training-batches.js';

const family = (name: string) => (): Promise<Model> =>
  readModel(fileURLToPath(new URL(`../../../fixtures/families/${name}`, import.meta.url)));
const lora: AdapterKind = { kind: 'lora', rank, alpha: 8 };

function drawnLora({ modules }: Model): Parameters {
  return new Map(
    modules.flatMap(({ name, inputWidth, outputWidth }) => {
      const random = seededRandom('lora', name);
      const drawn = (...shape: [number, number]) => ({
        shape,
        values: Float32Array.from({ length: shape[0] * shape[1] }, () => (2 * random() - 1) * 0.2),
      });
      const names = loraParameterNames(name);
      return [
        [names.a, drawn(rank, inputWidth)],
        [names.b, drawn(outputWidth, rank)],
      ] as const;
    }),
  );
}

const cases = [
  { title: 'Llama with a mixture of experts', read: tinyModel, adapter: mole, draw: drawnMole },
  { title: 'Gemma 2 with LoRA', read: family('gemma2'), adapter: lora, draw: drawnLora },
  { title: 'GPT-2 with LoRA', read: family('gpt2'), adapter: lora, draw: drawnLora },
];
function drawnMole(model: Model): Parameters {
  return drawnParameters(model, [3, 4]);
}

/** Largest distance of logits and token losses; relative distance of the loss and, in the Euclidean norm, of gradients. */
const TOLERANCE = { logits: 5e-5, loss: 1e-6, gradient: 3e-5 };
/** A software device compiles a shader in about a second. */
const PATIENCE = 300_000;
const oneSeed = (): number => 7;

function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  const norm = (vector: Float32Array): number => Math.hypot(...vector);
  return norm(actual.map((element, index) => element - (expected[index] as number))) / norm(expected);
}

/** Null where there is a WebGPU device, of hardware or the software one that VK_DRIVER_FILES names; else why there is none. */
const problem = await chooseDevice('webgpu').then(
  () => null,
  (error: unknown) => String(error),
);
const suite = problem === null || process.env['CI'] === 'true' ? describe : describe.skip;
suite(problem === null ? 'on WebGPU' : `on WebGPU (skipped: ${problem})`, () => {
  describe.each(cases)('$title', ({ read, adapter, draw }) => {
    let model: Model;
    let parameters: Parameters;
    let batch: Batch;
    let cpu: Engine;
    let gpu: Engine;
    beforeAll(async () => {
      model = await read();
      parameters = draw(model);
      batch = makeBatch(drawnSequences(model, [14, 9]), padTokenId);
      const settings = { adapter, balanceWeight: 0.5, dropout: 0.1, threads: 1 };
      cpu = new Engine(model, settings);
      gpu = new Engine(model, { ...settings, device: 'webgpu' });
    });
    afterAll(async () => {
      await cpu.release();
      await gpu.release();
    });

    it(
      'has the loss and the gradients that it has on the CPU, the same every time',
      async () => {
        const expected = await cpu.trainingStep(parameters, batch, oneSeed);
        const actual = await gpu.trainingStep(parameters, batch, oneSeed);
        expect(Math.abs(actual.loss / expected.loss - 1)).toBeLessThan(TOLERANCE.loss);
        expect(actual.balance).toBeCloseTo(expected.balance, 5);
        expect([...actual.gradients.keys()]).toEqual([...expected.gradients.keys()]);
        for (const [name, gradient] of expected.gradients) {
          const distance = relativeDistance(actual.gradients.get(name) as Float32Array, gradient);
          expect([name, distance < TOLERANCE.gradient]).toEqual([name, true]);
        }
        expect(await gpu.trainingStep(parameters, batch, oneSeed)).toEqual(actual);
      },
      PATIENCE,
    );

    it(
      'has the token losses, the logits and the greedy answers that it has on the CPU',
      async () => {
        const [expected, actual] = [await cpu.evaluate(parameters, batch), await gpu.evaluate(parameters, batch)];
        expect(distance(actual.tokenLosses, expected.tokenLosses)).toBeLessThan(TOLERANCE.logits);
        for (const [module, { chosen }] of expected.routing)
          expect([module, actual.routing.get(module)?.chosen]).toEqual([module, chosen]);
        const logits = await allLogits(cpu, parameters, batch);
        expect(distance(await allLogits(gpu, parameters, batch), logits)).toBeLessThan(TOLERANCE.logits);
        const prompts = drawnSequences(model, [5, 9, 7]).map(({ ids }) => ids);
        const generation = { maxNewTokens: 6, stopTokenIds: [], padTokenId };
        const answers = await generate(cpu, parameters, prompts, generation);
        expect(await generate(gpu, parameters, prompts, generation)).toEqual(answers);
      },
      PATIENCE,
    );
  });

  it(
    'a mixture of experts learns as on the CPU',
    async () => {
      const model = await tinyModel();
      const examples = drawnSequences(model, [12, 9, 14]);
      const trained = async (device: 'cpu' | 'webgpu') => {
        const engine = new Engine(model, { adapter: mole, balanceWeight: 0.5, dropout: 0.1, device, threads: 1 });
        const parameters = firstParameters(model, 3);
        const losses: number[] = [];
        const settings = { steps: 8, learningRate: 1e-2, padTokenId, randomDropout: seededRandom('dropout') };
        const nextBatch = shuffledBatches(examples, 2, seededRandom('order'));
        await trainLocally(engine, parameters, nextBatch, settings, ({ loss }) => void losses.push(loss));
        await engine.release();
        return { losses, parameters };
      };
      const [expected, actual] = [await trained('cpu'), await trained('webgpu')];
      expect(expected.losses.at(-1)).toBeLessThan((expected.losses[0] as number) - 0.2);
      // Adam's first steps go by the gradients' signs, so that rounding shows where a gradient is next to nothing
      expect(distance(actual.losses, expected.losses)).toBeLessThan(1e-3);
      for (const [name, { values }] of expected.parameters) {
        const distance = relativeDistance(actual.parameters.get(name)?.values as Float32Array, values);
        expect([name, distance < 1e-2]).toEqual([name, true]);
      }
    },
    PATIENCE,
  );

  it(
    'computes in a worker thread as in the main one',
    async () => {
      const model = await tinyModel();
      const worker = new Worker(new URL('./webgpu-worker.fixture.js', import.meta.url));
      const [losses] = (await once(worker, 'message')) as [number[]];
      await worker.terminate();
      const engine = new Engine(model, { adapter: mole, balanceWeight: 0, dropout: 0, device: 'webgpu', threads: 1 });
      const batch = makeBatch(drawnSequences(model, [14, 9]), padTokenId);
      const { tokenLosses } = await engine.evaluate(drawnParameters(model, [3, 4]), batch);
      expect(Float32Array.from(losses)).toEqual(tokenLosses);
      await engine.release();
    },
    PATIENCE,
  );

  it('names every operator that it has no kernel for, and moves none of them to the CPU', async () => {
    const model = await family('falcon-rw')();
    const engine = new Engine(model, {
      adapter: { kind: 'none' },
      balanceWeight: 0,
      dropout: 0,
      device: 'webgpu',
      threads: 1,
    });
    const evaluated = engine.evaluate(new Map(), makeBatch(drawnSequences(model, [6]), padTokenId));
    await expect(evaluated).rejects.toThrow(
      'webgpu has no kernel for Cast(float32) -> bfloat16 (4 nodes); Cast(bfloat16) -> float32 (4 nodes)',
    );
  });

  const software = process.env['VK_DRIVER_FILES']?.includes('swiftshader') === true;
  (software ? it : it.skip)('is never chosen by auto where its adapter is software', async () => {
    const { device, passedOver } = await chooseDevice('auto');
    expect(device).not.toBe('webgpu');
    if (device === 'cpu')
      expect(passedOver.webgpu).toMatch(/^its adapter is software: a product takes \d+ times as long/);
  });
});
