import { describe, expect, it } from '@jest/globals';
import type { EvaluationMetrics, WeightFormMeasurement } from '../results.js';
import { compareWeightForms, fastestNearFloat32 } from './weight-form-choice.js';

const metrics = { validationLoss: 2, perplexity: 7, testLoss: 2, rougeL: 0.5, choiceAccuracy: null };
const measured = (
  form: WeightFormMeasurement['form'],
  secondsPerStep: number,
  changes: Partial<EvaluationMetrics> | null = {},
): WeightFormMeasurement => ({ form, secondsPerStep, metrics: changes === null ? null : { ...metrics, ...changes } });
const chosen = (...clients: WeightFormMeasurement[][]) => fastestNearFloat32(compareWeightForms(clients));

describe('comparing forms of frozen weights', () => {
  it("adds up the clients' step times, and keeps the largest difference from float32, up or down", () => {
    const bank = [measured('float32', 2), measured('int8', 1, { validationLoss: 2.0625, rougeL: 0.5 })];
    const ward = [
      measured('float32', 3, { rougeL: null, choiceAccuracy: 0.5 }),
      measured('int8', 1, { validationLoss: 1.875, rougeL: null, choiceAccuracy: 0.75 }),
    ];
    expect(compareWeightForms([bank, ward])).toEqual([
      { form: 'float32', secondsPerStep: 5, lossDifference: 0, scoreDifference: 0 },
      { form: 'int8', secondsPerStep: 2, lossDifference: 0.125, scoreDifference: 0.25 },
    ]);
  });

  it('knows no difference where a client did not evaluate a form, and leaves out what a client did not measure', () => {
    const bank = [measured('float32', 2), measured('int8', 1), measured('int4', 1)];
    const ward = [measured('float32', 2), measured('int8', 2, null)];
    expect(compareWeightForms([bank, ward])).toEqual([
      { form: 'float32', secondsPerStep: 4, lossDifference: 0, scoreDifference: 0 },
      { form: 'int8', secondsPerStep: 3, lossDifference: null, scoreDifference: null },
    ]);
  });
});

describe('the form that is chosen', () => {
  const exact = measured('float32', 2);

  it('takes the least time over all clients', () => {
    expect(chosen([exact, measured('int8', 1.5), measured('int4', 1)])).toBe('int4');
    expect(
      chosen([exact, measured('int8', 1), measured('int4', 1.8)], [exact, measured('int8', 1), measured('int4', 1.5)]),
    ).toBe('int8');
  });

  it.each([
    ['its validation loss is higher by more than 0.01', { validationLoss: 2.011 }],
    ['its validation loss is lower by more than 0.01', { validationLoss: 1.989 }],
    ['its ROUGE-L differs by more than 0.02', { rougeL: 0.479 }],
    ['its accuracy differs by more than 0.02', { choiceAccuracy: 0.021 }],
  ])('is float32 where another is faster, but with one client %s', (_case, changes) => {
    const near = { validationLoss: 2.009, rougeL: 0.519 };
    expect(chosen([exact, measured('int8', 1, near)])).toBe('int8');
    expect(chosen([exact, measured('int8', 1, near)], [exact, measured('int8', 1, changes)])).toBe('float32');
  });

  it('is float32 where no other is faster, or one client did not evaluate it', () => {
    expect(chosen([exact, measured('int8', 2)])).toBe('float32');
    expect(chosen([exact, measured('int8', 1)], [exact, measured('int8', 1.99, null)])).toBe('float32');
  });
});
