import { describe, expect, it } from '@jest/globals';
import { federationConfiguration, resolveConfiguration, resolvedConfiguration } from './configuration.js';
import { upcastConfiguration } from './federation/upcast-configuration.js';
import type { FederationEvent } from './federation/events.js';
import { roundOptions } from './round-options.js';
import { trainingOptions } from './training-options.js';

/** What is said of the wrong fields, by their paths. */
function problems(configuration: object): Record<string, string> {
  const { error } = federationConfiguration.safeParse(configuration);
  return Object.fromEntries((error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]));
}

describe('training options', () => {
  it('are those of the paper unless given: plain Adam at a constant rate on batches of one, in float32', () => {
    expect(federationConfiguration.parse({})).toMatchObject({
      batchSize: 1,
      gradientAccumulationSteps: 1,
      groupByLength: false,
      weightDecay: 0,
      maxGradientNorm: null,
      warmupSteps: 0,
      learningRateSchedule: 'constant',
      earlyStopping: null,
      targetModules: null,
      weights: 'float32',
      recomputeActivations: false,
    });
  });

  it('are carried as they were given', () => {
    const given = {
      gradientAccumulationSteps: 8,
      groupByLength: true,
      weightDecay: 0.01,
      maxGradientNorm: 1,
      warmupSteps: 10,
      learningRateSchedule: 'cosine',
      earlyStopping: { evaluateEvery: 20, patience: 3 },
      targetModules: ['q_proj', 'mlp.down_proj', 'model.layers.0.self_attn.v_proj'],
      weights: 'int8',
      recomputeActivations: true,
    } as const;
    expect(federationConfiguration.parse(given)).toMatchObject(given);
    expect(federationConfiguration.parse({ targetModules: 'all-linear' }).targetModules).toBe('all-linear');
  });

  it('are refused by field and limit', () => {
    const wrong = {
      gradientAccumulationSteps: 0,
      weightDecay: 2,
      maxGradientNorm: 0,
      warmupSteps: 1.5,
      learningRateSchedule: 'exponential',
      earlyStopping: { evaluateEvery: 0 },
      weights: 'int2',
      recomputeActivations: 'sometimes',
    };
    expect(problems(wrong)).toEqual({
      gradientAccumulationSteps: expect.stringContaining('>=1'),
      weightDecay: expect.stringContaining('<=1'),
      maxGradientNorm: expect.stringContaining('>0'),
      warmupSteps: expect.stringContaining('expected int'),
      learningRateSchedule: expect.stringContaining('"constant"|"linear"|"cosine"'),
      'earlyStopping.evaluateEvery': expect.stringContaining('>=1'),
      'earlyStopping.patience': expect.stringContaining('expected number'),
      weights: expect.stringContaining('"float32"|"bfloat16"|"int8"|"int4"|"auto"'),
      recomputeActivations: expect.stringContaining('expected boolean'),
    });
  });

  const wrongTargets: [unknown, string, RegExp][] = [
    ['linear', 'targetModules', /^use "all-linear" or a list of 1 to 1000 names of linear layers$/],
    [7, 'targetModules', /^use "all-linear" or a list/],
    [['q_proj', 3], 'targetModules', /^use "all-linear" or a list/],
    [[], 'targetModules', />=1 items/],
    [['q_proj', 'q_proj'], 'targetModules', /^name every layer once$/],
    [['q proj'], 'targetModules.0', /^use a layer's name or the end of one/],
    [['q_proj', '.v_proj'], 'targetModules.1', /^use a layer's name or the end of one/],
  ];
  it.each(wrongTargets)('refuse to adapt %j', (targetModules, field, message) => {
    expect(problems({ targetModules })).toEqual({ [field]: expect.stringMatching(message) });
  });
});

describe('a configuration that was stored before there were training and round options', () => {
  const today = resolveConfiguration(federationConfiguration.parse({ rounds: 3, batchSize: 4 }), 4);
  const later = { ...trainingOptions, ...roundOptions };
  const stored = Object.fromEntries(Object.entries(today).filter(([name]) => !Object.hasOwn(later, name)));

  it('is read with their defaults, from an event and from a job', () => {
    expect(stored).not.toHaveProperty('weights');
    expect(resolvedConfiguration.parse(stored)).toEqual(today);
    const event = { type: 'FederationCreated', data: { federationId: 'one', configuration: stored } };
    expect(upcastConfiguration(event as unknown as FederationEvent)).toEqual({
      type: 'FederationCreated',
      data: { federationId: 'one', configuration: today },
    });
  });

  it('keeps what it has, and is refused without what it always had', () => {
    expect(resolvedConfiguration.parse({ ...stored, weightDecay: 0.5 })).toMatchObject({ weightDecay: 0.5 });
    const incomplete = Object.fromEntries(Object.entries(stored).filter(([name]) => name !== 'rank'));
    expect(resolvedConfiguration.safeParse(incomplete).error?.issues.map(({ path }) => path)).toEqual([['rank']]);
  });

  it('changes no other event', () => {
    const event: FederationEvent = { type: 'FederationStarted', data: { federationId: 'one' } };
    expect(upcastConfiguration(event)).toBe(event);
  });
});
