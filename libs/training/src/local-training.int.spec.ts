import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '@fedamole/base-models';
import type { Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import type { Sequence } from './batch.js';
import { Engine } from './engine.js';
import { meanLoss } from './evaluation.js';
import { DivergedError, shuffledBatches, trainLocally, type StepReport } from './local-training.js';
import { bitsOf, drawnSequences, firstParameters, mole, padTokenId, tinyModel } from './small-models.fixture.js';

let model: Model;
let engine: Engine;
let examples: readonly Sequence[];
beforeAll(async () => {
  model = await tinyModel();
  engine = new Engine(model, { adapter: mole, balanceWeight: 0.001, dropout: 0.05, threads: 1 });
  examples = drawnSequences(model, [12, 9, 14, 7, 11]);
});
afterAll(() => engine.release());

interface Run {
  readonly parameters: Parameters;
  readonly report: Awaited<ReturnType<typeof trainLocally>>;
  readonly steps: readonly StepReport[];
}

async function run(
  changes: { steps?: number; learningRate?: number; seed?: number; order?: number } = {},
): Promise<Run> {
  const { steps = 12, learningRate = 1e-2, seed = 1, order = 1 } = changes;
  const parameters = firstParameters(model, 3);
  const reports: StepReport[] = [];
  const settings = { steps, learningRate, padTokenId, randomDropout: seededRandom('dropout', seed) };
  const nextBatch = shuffledBatches(examples, 2, seededRandom('order', order));
  const report = await trainLocally(engine, parameters, nextBatch, settings, (step) => {
    reports.push(step);
  });
  return { parameters, report, steps: reports };
}

const bits = ({ parameters }: Run): string => bitsOf([...parameters.values()].map(({ values }) => values));

describe('local training', () => {
  it('learns a handful of examples', async () => {
    const before = await meanLoss(engine, firstParameters(model, 3), examples, padTokenId);
    const { parameters, steps } = await run({ steps: 60 });
    const after = await meanLoss(engine, parameters, examples, padTokenId);
    expect(after).toBeLessThan(before - 1);
    expect(steps.at(-1)?.loss).toBeLessThan((steps[0]?.loss ?? NaN) - 1);
  });

  it('trains every parameter', async () => {
    const { parameters } = await run();
    for (const [name, { values }] of firstParameters(model, 3)) {
      expect([name, bitsOf([values])]).not.toEqual([name, bitsOf([parameters.get(name)?.values ?? values])]);
    }
  });

  it('gives the same bits for the same seeds, and others for another order or other masks', async () => {
    const first = await run();
    const again = await run();
    expect(bits(again)).toBe(bits(first));
    expect(again.steps).toEqual(first.steps);
    expect(bits(await run({ seed: 2 }))).not.toBe(bits(first));
    expect(bits(await run({ order: 2 }))).not.toBe(bits(first));
  });

  it('reports every step, and their means', async () => {
    const { report, steps } = await run({ steps: 5 });
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(report.loss).toBeCloseTo(mean(steps.map(({ loss }) => loss)), 12);
    expect(report.balance).toBeCloseTo(mean(steps.map(({ balance }) => balance)), 12);
    // five steps of two are every example twice
    expect(report.tokens).toBe(2 * (12 + 9 + 14 + 7 + 11));
    expect(steps.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(report.tokens);
  });

  it('stops where a report is answered with an error', async () => {
    const settings = { steps: 5, learningRate: 1e-3, padTokenId, randomDropout: seededRandom('dropout') };
    const seen: number[] = [];
    const stopped = trainLocally(
      engine,
      firstParameters(model, 2),
      () => examples,
      settings,
      async ({ step }) => {
        seen.push(step);
        if (step === 2) throw new Error('taken away');
      },
    );
    await expect(stopped).rejects.toThrow('taken away');
    expect(seen).toEqual([1, 2]);
  });

  it('says at which step it diverged', async () => {
    const diverged = run({ steps: 4, learningRate: 1e30 });
    await expect(diverged).rejects.toThrow(DivergedError);
    await expect(run({ steps: 4, learningRate: 1e30 })).rejects.toThrow(/^step [23] of 4: the loss is (NaN|Infinity)$/);
  });

  it('says so where its last step left a parameter that is no number', async () => {
    const diverged = run({ steps: 1, learningRate: 1e39 });
    await expect(diverged).rejects.toThrow(DivergedError);
    await expect(run({ steps: 1, learningRate: 1e39 })).rejects.toThrow(
      /^after step 1 of 1: parameter .* holds -?Infinity at element \d+$/,
    );
  });
});

describe('shuffled batches', () => {
  const items = drawnItems(5);
  function drawnItems(count: number): Sequence[] {
    return Array.from({ length: count }, (_, index) => ({ ids: [index, index], promptLength: 1 }));
  }
  const drawn = (batches: () => Sequence[], count: number): number[] =>
    Array.from({ length: count }, batches).flatMap((batch) => batch.map(({ ids }) => ids[0] as number));

  it('show every example once before any is seen again', () => {
    const seen = drawn(shuffledBatches(items, 2, seededRandom('order')), 5);
    expect([...seen.slice(0, 5)].sort()).toEqual([0, 1, 2, 3, 4]);
    expect([...seen.slice(5)].sort()).toEqual([0, 1, 2, 3, 4]);
    expect(seen.slice(5)).not.toEqual(seen.slice(0, 5));
  });

  it('are filled from the next pass where they are larger than the data', () => {
    const [batch] = [shuffledBatches(items.slice(0, 2), 5, seededRandom('order'))()];
    expect(batch).toHaveLength(5);
    expect(new Set(batch.map(({ ids }) => ids[0]))).toEqual(new Set([0, 1]));
  });

  it('are refused without an example', () => {
    expect(() => shuffledBatches([], 1, seededRandom('order'))).toThrow('there is no example to train on');
  });
});
