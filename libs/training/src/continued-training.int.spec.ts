import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '@fedamole/base-models';
import { seededRandom } from '@fedamole/seeded-random';
import type { Sequence } from './batch.js';
import { Engine } from './engine.js';
import { meanLoss } from './evaluation.js';
import { trainLocally, type LocalTrainingReport, type LocalTrainingSettings } from './local-training.js';
import { bitsOf, drawnSequences, firstParameters, mole, padTokenId, tinyModel } from './small-models.fixture.js';
import { lengthBucketedBatches, shuffledBatches } from './training-batches.js';
import type { TrainingState } from './training-state.js';

const STEPS = 7;

let model: Model;
let engine: Engine;
let examples: readonly Sequence[];
beforeAll(async () => {
  model = await tinyModel();
  engine = new Engine(model, { adapter: mole, balanceWeight: 0.001, dropout: 0.05, threads: 1 });
  examples = drawnSequences(model, [12, 9, 14, 7, 11]);
});
afterAll(() => engine.release());

type Changes = Partial<LocalTrainingSettings> & { batches?: typeof shuffledBatches; evaluateEvery?: number };

interface Run {
  readonly bits: string;
  readonly report: LocalTrainingReport;
  /** After every step that was taken. */
  readonly states: readonly TrainingState[];
}

/** From parameters of its own, as another process would. */
async function run({ batches = shuffledBatches, evaluateEvery = 0, ...changes }: Changes = {}): Promise<Run> {
  const parameters = firstParameters(model, 3);
  const states: TrainingState[] = [];
  const validationLoss = (): Promise<number> => meanLoss(engine, parameters, examples.slice(0, 2), padTokenId);
  const settings: LocalTrainingSettings = {
    steps: STEPS,
    learningRate: 1e-2,
    padTokenId,
    randomDropout: seededRandom('dropout'),
    earlyStopping: evaluateEvery === 0 ? null : { evaluateEvery, patience: 1, validationLoss },
    ...changes,
  };
  const nextBatch = batches(examples, 2, seededRandom('order'));
  const report = await trainLocally(engine, parameters, nextBatch, settings, (_report, state) => {
    states.push(structuredClone(state()));
  });
  return { bits: bitsOf([...parameters.values()].map(({ values }) => values)), report, states };
}

describe('a training that is continued', () => {
  it.each<[string, Changes]>([
    ['with nothing else in use', {}],
    [
      'with accumulated gradients, clipping, a schedule and decay',
      { accumulationSteps: 2, maxGradientNorm: 0.5, warmupSteps: 2, schedule: 'cosine', weightDecay: 0.1 },
    ],
    ['with batches of similar length', { batches: lengthBucketedBatches }],
    ['with early stopping that takes every step', { evaluateEvery: 2 }],
    ['with early stopping that ends it', { evaluateEvery: 1, learningRate: 1 }],
  ])('has the bits and numbers of one that was never left, from every step on, %s', async (_name, changes) => {
    const undisturbed = await run(changes);
    expect(undisturbed.states).toHaveLength(undisturbed.report.steps);
    for (const from of undisturbed.states) {
      const continued = await run({ ...changes, from });
      expect([continued.bits, continued.report]).toEqual([undisturbed.bits, undisturbed.report]);
      expect(continued.states).toEqual(undisturbed.states.slice(from.step));
    }
  });

  it('ends early in one of the cases above', async () => {
    expect((await run({ evaluateEvery: 1, learningRate: 1 })).report.steps).toBeLessThan(STEPS);
  });

  it('needs every part of its state', async () => {
    const { bits, states } = await run();
    const from = states[2] as TrainingState;
    const zero = new Map(
      [...from.moments].map(([name, { first, second }]) => [name, { first: first.map(() => 0), second }]),
    );
    expect((await run({ from: { ...from, moments: zero } })).bits).not.toBe(bits);
    expect((await run({ from: { ...from, step: 1 } })).bits).not.toBe(bits);
    const [name] = [...from.parameters.keys()];
    const parameters = new Map([...from.parameters].filter(([key]) => key !== name));
    await expect(run({ from: { ...from, parameters } })).rejects.toThrow(`parameter ${name} has `);
  });
});
