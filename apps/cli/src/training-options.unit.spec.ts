import { describe, expect, it } from '@jest/globals';
import { readOptions } from './options.js';

const training = (...argv: string[]) => readOptions(argv)?.training;
const flags = (options: Record<string, string>): string[] =>
  Object.entries(options).flatMap(([flag, value]) => [`--${flag}`, value]);

describe("the quickstart's training options", () => {
  it('are none unless given', () => {
    expect(training()).toEqual({});
  });

  it("become fields of the federation's configuration", () => {
    const given = {
      'accumulation-steps': '4',
      'weight-decay': '1e-2',
      'max-gradient-norm': '1',
      'warmup-steps': '5',
      schedule: 'cosine',
      'early-stopping': '10,3',
      targets: 'q_proj,mlp.down_proj',
      weights: 'int8',
    };
    expect(training(...flags(given))).toEqual({
      gradientAccumulationSteps: 4,
      weightDecay: 0.01,
      maxGradientNorm: 1,
      warmupSteps: 5,
      learningRateSchedule: 'cosine',
      earlyStopping: { evaluateEvery: 10, patience: 3 },
      targetModules: ['q_proj', 'mlp.down_proj'],
      weights: 'int8',
    });
    expect(training('--targets', 'all-linear')).toEqual({ targetModules: 'all-linear' });
    expect(training('--recompute')).toEqual({ recomputeActivations: true });
  });

  it.each([
    ['accumulation-steps', '0', />=1/],
    ['weight-decay', 'much', /expected number/],
    ['weight-decay', '', /expected number/],
    ['max-gradient-norm', '0', />0/],
    ['warmup-steps', '2.5', /expected int/],
    ['schedule', 'wavy', /"constant"\|"linear"\|"cosine"/],
    ['early-stopping', '10', /expected number/],
    ['early-stopping', '10,3,2', /expected object/],
    ['targets', 'q_proj,,v_proj', /a layer's name/],
    ['weights', 'int2', /"float32"\|"bfloat16"/],
  ])('are refused by name and value: --%s "%s"', (flag, value, limit) => {
    const refused = (): unknown => training(...flags({ [flag]: value }));
    expect(refused).toThrow(`--${flag} is "${value}": `);
    expect(refused).toThrow(limit);
  });
});
