import { describe, expect, it } from '@jest/globals';
import { learningRateFactor, type ScheduleSettings } from './learning-rate.js';

const factors = (settings: ScheduleSettings): number[] =>
  Array.from({ length: settings.steps }, (_, index) => learningRateFactor(settings, index + 1));

/**
 * PyTorch 2.13: SequentialLR of LinearLR(start_factor=1 / (W + 1), total_iters=W) and, for the rest of S steps, the constant
 * rate, LinearLR(start_factor=1, end_factor=0, total_iters=S - W) or CosineAnnealingLR(T_max=S - W).
 */
const inTorch: [ScheduleSettings, number[]][] = [
  [{ steps: 8, warmupSteps: 3, schedule: 'constant' }, [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]],
  [{ steps: 8, warmupSteps: 3, schedule: 'linear' }, [0.25, 0.5, 0.75, 1, 0.8, 0.6, 0.4, 0.2]],
  [
    { steps: 8, warmupSteps: 3, schedule: 'cosine' },
    [0.25, 0.5, 0.75, 1, 0.904508497, 0.654508497, 0.345491503, 0.095491503],
  ],
  [{ steps: 5, warmupSteps: 0, schedule: 'linear' }, [1, 0.8, 0.6, 0.4, 0.2]],
  [{ steps: 5, warmupSteps: 0, schedule: 'cosine' }, [1, 0.904508497, 0.654508497, 0.345491503, 0.095491503]],
];

describe("the learning rate's factors", () => {
  it.each(inTorch)('for %p are those of PyTorch', (settings, expected) => {
    factors(settings).forEach((factor, index) => expect(factor).toBeCloseTo(expected[index] as number, 8));
  });

  it('are 1 throughout where nothing is asked for', () => {
    expect(new Set(factors({ steps: 20, warmupSteps: 0, schedule: 'constant' }))).toEqual(new Set([1]));
  });

  it('only rise where every step is one of warm-up', () => {
    expect(factors({ steps: 3, warmupSteps: 3, schedule: 'cosine' })).toEqual([0.25, 0.5, 0.75]);
  });
});
