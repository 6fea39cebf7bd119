import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readModel, type Model } from '@fedamole/base-models';
import { neutralParameters, type Parameters } from '@fedamole/mole';
import { makeBatch, type Batch, type Sequence } from './batch.js';
import { Engine, type TrainingStep } from './engine.js';
import {
  allLogits,
  bitsOf,
  distance,
  drawnParameters,
  drawnSequences,
  llamaFolder,
  mole,
  padTokenId,
  quickstartModel,
  rank,
  tinyModel,
} from './small-models.fixture.js';

const settings = { adapter: mole, balanceWeight: 0.5, dropout: 0, threads: 1 };
const noDropout = (): number => {
  throw new Error('no mask is drawn without dropout');
};
/** A seed of its own for every module, the same at every step. */
const fixedSeed = (module: string): number =>
  [...module].reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 8) | 1;

let tiny: Model;
let plain: Engine;
beforeAll(async () => {
  tiny = await tinyModel();
  plain = new Engine(tiny, settings);
});
afterAll(() => plain.release());

const batchOf = (sequences: readonly Sequence[]): Batch => makeBatch(sequences, padTokenId);

describe('a model with neutral parameters', () => {
  it('is the base model, bit by bit', async () => {
    const base = new Engine(tiny, { ...settings, adapter: { kind: 'none' } });
    const batch = batchOf(drawnSequences(tiny, [14, 9]));
    const expected = await allLogits(base, new Map(), batch);
    expect(await allLogits(plain, neutralParameters(tiny.modules, rank, 2), batch)).toEqual(expected);
    expect(await allLogits(plain, drawnParameters(tiny, [3]), batch)).not.toEqual(expected);
    await base.release();
  });
});

describe('one engine', () => {
  it('serves clients that hold different numbers of experts, as an engine of their own would', async () => {
    const batch = batchOf(drawnSequences(tiny, [10]));
    for (const counts of [[2], [5, 3], [8, 2, 4, 7]]) {
      const parameters = drawnParameters(tiny, counts);
      const own = new Engine(tiny, settings);
      const step = await plain.trainingStep(parameters, batch, noDropout);
      expect(step).toEqual(await own.trainingStep(parameters, batch, noDropout));
      for (const [name, { values }] of parameters) expect(step.gradients.get(name)).toHaveLength(values.length);
      await own.release();
    }
  });

  it('names an input that the parameters lack', async () => {
    const parameters = drawnParameters(tiny, [2]);
    const [first] = parameters.keys();
    const partial = new Map([...parameters].slice(1));
    const step = plain.trainingStep(partial, batchOf(drawnSequences(tiny, [10])), noDropout);
    await expect(step).rejects.toThrow(`the session's input ${first} is missing`);
  });

  it('makes a session again after one could not be made', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'engine-'));
    await cp(llamaFolder, folder, { recursive: true });
    const model = await readModel(folder);
    const engine = new Engine(model, { ...settings, adapter: { kind: 'none' } });
    const batch = batchOf(drawnSequences(model, [6]));
    const [weights, away] = [join(folder, 'model.safetensors'), join(folder, 'away')];
    await rename(weights, away);
    await expect(engine.evaluate(new Map(), batch)).rejects.toThrow();
    await rename(away, weights);
    expect((await engine.evaluate(new Map(), batch)).tokenLosses.every(Number.isFinite)).toBe(true);
    await engine.release();
    await rm(folder, { recursive: true });
  });
});

describe('a batch of several rows', () => {
  it('has the losses of its rows alone, whatever the padding', async () => {
    const parameters = drawnParameters(tiny, [3, 4]);
    const sequences = drawnSequences(tiny, [21, 4, 12]);
    const together = await plain.evaluate(parameters, batchOf(sequences));
    const alone = [];
    for (const sequence of sequences)
      alone.push(...(await plain.evaluate(parameters, batchOf([sequence]))).tokenLosses);
    expect(distance(together.tokenLosses, alone)).toBeLessThan(1e-5);
  });

  it("has the mean of its rows' losses and gradients, weighed by their targets", async () => {
    const engine = new Engine(tiny, { ...settings, balanceWeight: 0 });
    const parameters = drawnParameters(tiny, [3, 4]);
    const sequences = drawnSequences(tiny, [21, 4, 12]);
    const together = await engine.trainingStep(parameters, batchOf(sequences), noDropout);
    const counts = sequences.map(({ ids, promptLength }) => ids.length - promptLength);
    const total = counts.reduce((sum, count) => sum + count, 0);
    let loss = 0;
    const gradients = new Map([...parameters].map(([name, { values }]) => [name, new Float64Array(values.length)]));
    for (const [row, sequence] of sequences.entries()) {
      const share = (counts[row] as number) / total;
      const step = await engine.trainingStep(parameters, batchOf([sequence]), noDropout);
      loss += share * step.loss;
      for (const [name, sum] of gradients) {
        step.gradients.get(name)?.forEach((slope, index) => (sum[index] = (sum[index] as number) + share * slope));
      }
    }
    expect(together.loss).toBeCloseTo(loss, 5);
    for (const [name, expected] of gradients) {
      expect(distance(together.gradients.get(name) ?? [], expected)).toBeLessThan(1e-6);
    }
    await engine.release();
  });
});

describe('the gradient of a training step with dropout', () => {
  const weight = settings.balanceWeight;
  let engine: Engine;
  let parameters: Parameters;
  let batch: Batch;
  let step: TrainingStep;
  beforeAll(async () => {
    engine = new Engine(tiny, { ...settings, dropout: 0.2 });
    parameters = drawnParameters(tiny, [4, 3]);
    batch = batchOf(drawnSequences(tiny, [16, 11]));
    step = await engine.trainingStep(parameters, batch, fixedSeed);
  });
  afterAll(() => engine.release());

  /** The loss that is descended, after one parameter was moved by `amount` along a direction. */
  async function lossAt(name: string, direction: Float64Array, amount: number): Promise<number> {
    const moved = new Map([...parameters]);
    const { shape, values } = parameters.get(name) as { shape: number[]; values: Float32Array };
    moved.set(name, { shape, values: values.map((element, index) => element + amount * (direction[index] as number)) });
    const { loss, balance } = await engine.trainingStep(moved, batch, fixedSeed);
    return loss + weight * balance;
  }

  it('is that of the loss by finite differences, in every parameter', async () => {
    const compared: number[] = [];
    for (const name of parameters.keys()) {
      const gradient = step.gradients.get(name) as Float32Array;
      // along the gradient over each half of the elements, so that one in a wrong place shows
      for (const half of [0, 1]) {
        const masked = Float64Array.from(gradient, (slope, index) => (index % 2 === half ? slope : 0));
        const length = Math.sqrt(masked.reduce((sum, slope) => sum + slope ** 2, 0));
        const direction = masked.map((slope) => slope / length);
        // small enough that no token is routed elsewhere, where the loss jumps
        const amount = Math.min(1e-3, 5e-4 / length);
        const slope =
          ((await lossAt(name, direction, amount)) - (await lossAt(name, direction, -amount))) / (2 * amount);
        compared.push(Math.abs(slope / length - 1));
      }
    }
    expect(compared).toHaveLength(40);
    expect(Math.max(...compared)).toBeLessThan(0.02);
  });

  it('is the same for the same seeds, and another for others', async () => {
    expect(await engine.trainingStep(parameters, batch, fixedSeed)).toEqual(step);
    const other = await engine.trainingStep(parameters, batch, (module) => fixedSeed(module) + 2);
    expect(other.loss).not.toBe(step.loss);
  });

  it('draws one mask a module', async () => {
    const seeded: string[] = [];
    await engine.trainingStep(parameters, batch, (module) => seeded.push(module));
    expect(seeded).toEqual(tiny.modules.map(({ name }) => name));
  });

  it('evaluates without dropout', async () => {
    const { tokenLosses } = await engine.evaluate(parameters, batch);
    expect(tokenLosses).toEqual((await plain.evaluate(parameters, batch)).tokenLosses);
  });
});

describe('threads', () => {
  /** Every bit of a training step and an evaluation of batches of several sizes. */
  async function bitsWith(threads: number): Promise<string[]> {
    const model = await quickstartModel();
    const parameters = drawnParameters(model, [3, 5]);
    const engine = new Engine(model, { ...settings, dropout: 0.05, threads });
    const bits: string[] = [];
    for (const lengths of [[5], [70], [33, 64], [40, 61, 77, 18], [130, 12, 95]]) {
      const batch = batchOf(drawnSequences(model, lengths));
      const { loss, gradients } = await engine.trainingStep(parameters, batch, fixedSeed);
      const { tokenLosses, routing } = await engine.evaluate(parameters, batch);
      const means = [...routing.values()].flatMap(({ token, experts }) => [token, experts]);
      bits.push(bitsOf([Float32Array.of(loss), ...gradients.values(), tokenLosses, ...means]));
    }
    await engine.release();
    return bits;
  }

  it('change no bit, however many there are: trainers of different machines agree', async () => {
    const one = await bitsWith(1);
    expect(await bitsWith(2)).toEqual(one);
    expect(await bitsWith(3)).toEqual(one);
  });
});
