import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '@fedamole/base-models';
import type { Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import type { Sequence } from './batch.js';
import { Engine } from './engine.js';
import { meanLoss } from './evaluation.js';
import { DivergedError } from './diverged-error.js';
import { trainLocally, type LocalTrainingSettings, type StepReport } from './local-training.js';
import { bitsOf, drawnSequences, firstParameters, mole, padTokenId, tinyModel } from './small-models.fixture.js';
import { shuffledBatches } from './training-batches.js';

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
  changes: Partial<LocalTrainingSettings> & { seed?: number; order?: number; size?: number } = {},
): Promise<Run> {
  const { seed = 1, order = 1, size = 2, ...others } = changes;
  const parameters = firstParameters(model, 3);
  const reports: StepReport[] = [];
  const randomDropout = seededRandom('dropout', seed);
  const settings = { steps: 12, learningRate: 1e-2, padTokenId, randomDropout, ...others };
  const nextBatch = shuffledBatches(examples, size, seededRandom('order', order));
  const report = await trainLocally(engine, parameters, nextBatch, settings, (step) => {
    reports.push(step);
  });
  return { parameters, report, steps: reports };
}

const bits = ({ parameters }: Pick<Run, 'parameters'>): string =>
  bitsOf([...parameters.values()].map(({ values }) => values));

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

  it('clips gradients whose norm is larger than allowed, and no others', async () => {
    const free = await run({ steps: 3 });
    const norms = free.steps.map(({ gradientNorm }) => gradientNorm);
    expect(Math.min(...norms)).toBeGreaterThan(0);
    expect(bits(await run({ steps: 3, maxGradientNorm: 2 * Math.max(...norms) }))).toBe(bits(free));
    expect(bits(await run({ steps: 3, maxGradientNorm: (norms[0] as number) / 2 }))).not.toBe(bits(free));
  });

  it('follows the schedule of its learning rate', async () => {
    const { steps, parameters } = await run({ steps: 5, learningRate: 0.01, warmupSteps: 1, schedule: 'linear' });
    const rates = steps.map(({ learningRate }) => learningRate);
    [0.005, 0.01, 0.0075, 0.005, 0.0025].forEach((rate, index) => expect(rates[index]).toBeCloseTo(rate, 12));
    expect(bits({ parameters })).not.toBe(bits(await run({ steps: 5 })));
  });

  it('shrinks parameters by weight decay', async () => {
    const lengthOf = ({ parameters }: Pick<Run, 'parameters'>): number =>
      Math.hypot(...[...parameters.values()].map(({ values }) => Math.hypot(...values)));
    expect(lengthOf(await run({ weightDecay: 1 }))).toBeLessThan(0.99 * lengthOf(await run()));
  });

  it('gives the same bits for the same settings, all of them in use', async () => {
    const settings = {
      steps: 4,
      accumulationSteps: 2,
      maxGradientNorm: 0.5,
      warmupSteps: 2,
      schedule: 'cosine' as const,
      weightDecay: 0.1,
    };
    const first = await run(settings);
    expect(bits(await run(settings))).toBe(bits(first));
    expect(first.report.steps).toBe(4);
    expect(first.report.best).toBeNull();
  });
});

describe('gradient accumulation', () => {
  let undropped: Engine;
  beforeAll(() => {
    undropped = new Engine(model, { adapter: mole, balanceWeight: 0, dropout: 0, threads: 1 });
  });
  afterAll(() => undropped.release());

  async function trained(size: number, accumulationSteps: number): Promise<Run> {
    const parameters = firstParameters(model, 3);
    const reports: StepReport[] = [];
    let place = 0;
    const nextBatch = (): Sequence[] => {
      const batch = Array.from({ length: size }, (_, index) => examples[(place + index) % 4] as Sequence);
      place += size;
      return batch;
    };
    const settings = { steps: 5, learningRate: 1e-3, padTokenId, randomDropout: () => 0.5, accumulationSteps };
    const report = await trainLocally(undropped, parameters, nextBatch, settings, (step) => {
      reports.push(step);
    });
    return { parameters, report, steps: reports };
  }

  it.each([
    [2, 2],
    [1, 4],
  ])('of batches of %p, %p a step, is the step of one batch of all their examples', async (size, count) => {
    const [whole, accumulated] = [await trained(4, 1), await trained(size, count)];
    expect(accumulated.report.tokens).toBe(whole.report.tokens);
    for (const [index, { loss, gradientNorm }] of whole.steps.entries()) {
      expect(accumulated.steps[index]?.loss).toBeCloseTo(loss, 5);
      expect(Math.abs((accumulated.steps[index]?.gradientNorm ?? NaN) / gradientNorm - 1)).toBeLessThan(1e-4);
    }
  });
});

describe('early stopping', () => {
  /** Trains with validation losses as given; what was evaluated is kept by step. */
  async function stopped(losses: readonly number[], settings: { evaluateEvery: number; patience: number }) {
    const evaluated: string[] = [];
    const parameters = firstParameters(model, 3);
    const validationLoss = async (): Promise<number> => {
      evaluated.push(bits({ parameters }));
      return losses[evaluated.length - 1] as number;
    };
    const report = await trainLocally(engine, parameters, shuffledBatches(examples, 2, seededRandom('order', 1)), {
      steps: 7,
      learningRate: 1e-2,
      padTokenId,
      randomDropout: seededRandom('dropout', 1),
      earlyStopping: { ...settings, validationLoss },
    });
    return { report, evaluated, kept: bits({ parameters }) };
  }

  it('ends after as many evaluations without a new least loss as patience has, and keeps the best parameters', async () => {
    const { report, evaluated, kept } = await stopped([3, 2, 2.5, 2], { evaluateEvery: 1, patience: 2 });
    expect(report.steps).toBe(4);
    expect(report.best).toEqual({ step: 2, loss: 2 });
    expect(kept).toBe(evaluated[1]);
    expect(new Set(evaluated).size).toBe(4);
  });

  it('evaluates every few steps and after the last, and takes every step where the loss falls', async () => {
    const { report, evaluated, kept } = await stopped([3, 2, 1], { evaluateEvery: 3, patience: 1 });
    expect(evaluated).toHaveLength(3);
    expect(report.steps).toBe(7);
    expect(report.best).toEqual({ step: 7, loss: 1 });
    expect(kept).toBe(evaluated[2]);
    expect(kept).toBe(bits(await run({ steps: 7 })));
  });

  it('counts patience anew at every new least loss', async () => {
    const losses = [5, 6, 4, 6, 3, 6, 7];
    const { report } = await stopped(losses, { evaluateEvery: 1, patience: 2 });
    expect(report.steps).toBe(7);
    expect(report.best).toEqual({ step: 5, loss: 3 });
  });

  it('says so where the validation loss is no number', async () => {
    const diverged = stopped([3, NaN], { evaluateEvery: 2, patience: 2 });
    await expect(diverged).rejects.toThrow(new Error('step 4 of 7: the validation loss is NaN'));
  });
});

describe('training that diverges', () => {
  it('says at which step, on which examples, and where the numbers first overflowed', async () => {
    const error = await run({ steps: 4, learningRate: 1e30 }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DivergedError);
    expect((error as Error).message).toMatch(
      /^step [23] of 4: the loss is (NaN|Infinity); it first arose in the forward pass, at \w+ (of|after) model\.layers\.0\.\S+; the step's examples are one of \d+ tokens, one of \d+ tokens$/,
    );
  });

  it('says so where its last step left a parameter that is no number', async () => {
    const diverged = run({ steps: 1, learningRate: 1e39 });
    await expect(diverged).rejects.toThrow(DivergedError);
    await expect(run({ steps: 1, learningRate: 1e39 })).rejects.toThrow(
      /^step 1 of 1: after it parameter .* holds -?Infinity at element \d+$/,
    );
  });
});
