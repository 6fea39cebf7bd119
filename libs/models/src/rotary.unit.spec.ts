import { describe, expect, it } from '@jest/globals';
import { ConfigurationFields } from './configuration-fields.js';
import type { RotaryTurns } from './rotary-kinds.js';
import { readRotary, rotaryRows, type RotaryShape } from './rotary.js';

type Fields = Record<string, unknown>;
const read = (config: Fields, shape: Partial<RotaryShape> = {}) =>
  readRotary(ConfigurationFields.of(config), { headWidth: 16, maxPositions: 64, ...shape });
const turns = (config: Fields, shape: Partial<RotaryShape> = {}, length = 1): RotaryTurns =>
  read(config, shape).embedding.turns(length);
/** By how much each pair turns more slowly than without scaling. */
const stretching = (config: Fields, shape: Partial<RotaryShape> = {}, length = 1): number[] => {
  const plain = turns({ rope_theta: config['rope_theta'] }, shape).frequencies;
  return turns(config, shape, length).frequencies.map((frequency, pair) => (plain[pair] as number) / frequency);
};

const llama3 = { factor: 32, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };
const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 4096 };
const longrope = { rope_type: 'longrope', short_factor: [1, 2], long_factor: [3, 4] };

describe('rotary settings', () => {
  const spellings: readonly [what: string, newer: Fields, older: Fields][] = [
    ['the default', { rope_theta: 500_000, rope_type: 'default' }, { rope_theta: 500_000 }],
    ['the default, spelled out as none', { rope_theta: 500_000 }, { rope_theta: 500_000, rope_scaling: null }],
    [
      'linear scaling',
      { rope_theta: 10_000, rope_type: 'linear', factor: 2 },
      { rope_theta: 10_000, rope_scaling: { type: 'linear', factor: 2 } },
    ],
    [
      "Llama 3's scaling",
      { rope_theta: 500_000, rope_type: 'llama3', ...llama3 },
      { rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...llama3 } },
    ],
    [
      'YaRN, its original length beside it',
      { rope_theta: 10_000, ...yarn },
      {
        rope_scaling: { type: 'yarn', factor: 4, finetuned: true },
        original_max_position_embeddings: 4096,
      },
    ],
  ];
  it.each(spellings)('are the same in both spellings: %s', (_what, newer, older) => {
    expect(turns({ rope_parameters: newer })).toEqual(turns(older));
  });

  it('fall back on theta 10000 where nothing is said', () => {
    turns({}, { headWidth: 8 }).frequencies.forEach((frequency, pair) =>
      expect(frequency).toBeCloseTo(10 ** -pair, 12),
    );
  });

  it('rotate a part of each head where the family allows it', () => {
    const config = { rope_parameters: { partial_rotary_factor: 0.5 } };
    expect(read(config, { partial: true }).embedding.pairs).toBe(4);
    expect(turns(config, { partial: true })).toEqual(turns({}, { headWidth: 8 }));
    const twice = { ...config, partial_rotary_factor: 0.25 };
    expect(read(twice, { partial: true }).embedding.pairs).toBe(4);
    expect(() => read(config)).toThrow('rope_parameters.partial_rotary_factor is 0.5; expected 1');
    expect(() => read({ partial_rotary_factor: 0.5 })).toThrow('json: partial_rotary_factor is 0.5; expected 1');
  });

  const refusals: readonly [what: string, scaling: unknown, message: string][] = [
    ['an unknown kind', { rope_type: 'axial' }, 'rope_scaling.rope_type is "axial"; expected "default" or "linear" or'],
    ['one kind a layer type', { full_attention: {} }, 'rope_scaling.full_attention is {}; expected no such field'],
    ['a factor of the scores', { ...longrope, short_mscale: 2 }, 'rope_scaling.short_mscale is 2; expected no such'],
    [
      'a factor too few',
      { ...longrope, long_factor: [1] },
      'long_factor is [1]; expected a list of 2 positive numbers',
    ],
    ['a factor of no size', { ...longrope, short_factor: [1, 0] }, 'short_factor is [1,0]; expected a list of 2'],
    ['a missing factor', { type: 'dynamic' }, 'rope_scaling.factor is missing; expected a positive number'],
    ['a number', 4, 'config.json: rope_scaling: expected an object, found 4'],
  ];
  it.each(refusals)('refuse by name what they cannot do: %s', (_what, scaling, message) => {
    expect(() => read({ rope_scaling: scaling }, { headWidth: 4 })).toThrow(message);
  });
});

describe('rotary settings in both spellings at once', () => {
  it('are refused: they might differ', () => {
    const both = { rope_scaling: { type: 'linear', factor: 2 }, rope_parameters: { rope_type: 'linear', factor: 3 } };
    expect(() => read(both)).toThrow(
      'rope_scaling is {"type":"linear","factor":2}; expected null beside rope_parameters',
    );
    expect(turns({ ...both, rope_scaling: {} })).toEqual(turns({ rope_parameters: both.rope_parameters }));
  });
});

describe('rotary frequencies', () => {
  it('are divided by the factor where scaling is linear', () => {
    stretching({ rope_scaling: { type: 'linear', factor: 4 } }).forEach((ratio) => expect(ratio).toBeCloseTo(4, 12));
  });

  it("keep short wavelengths and divide long ones under Llama 3's scaling, without a jump between", () => {
    const config = { rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...llama3 } };
    const shrinkage = stretching(config, { headWidth: 64 });
    expect(shrinkage[0]).toBe(1);
    expect(shrinkage.at(-1)).toBeCloseTo(32, 9);
    shrinkage.slice(1).forEach((value, pair) => expect(value).toBeGreaterThanOrEqual(shrinkage[pair] as number));
    expect(shrinkage.filter((value) => value > 1.001 && value < 31.999).length).toBeGreaterThan(0);
  });

  it('interpolate between wavelengths of 8192 / 4 and 8192 positions for Llama 3.2 1B', () => {
    const config = { rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...llama3 } };
    const scaled = turns(config, { headWidth: 64 }).frequencies;
    // wavelength 8192 / 4 lies between pairs 14 and 15, wavelength 8192 between 17 and 18
    const plain = (pair: number): number => 500_000 ** (-pair / 32);
    expect(scaled[14]).toBe(plain(14));
    expect(scaled[18]).toBeCloseTo(plain(18) / 32, 15);
    const smooth = ((8192 * plain(16)) / (2 * Math.PI) - 1) / 3;
    expect(scaled[16]).toBeCloseTo(((1 - smooth) / 32 + smooth) * plain(16), 15);
  });

  it('are those of an original length of 4096 with YaRN: pairs 20 to 46 of 64 ramp', () => {
    // ln(4096 / (32 * 2 pi)) / ln(10000) * 64 = 20.95, ln(4096 / (2 * pi)) / ln(10000) * 64 = 45.03
    const shrinkage = stretching({ rope_scaling: yarn }, { headWidth: 128 });
    expect(shrinkage[20]).toBe(1);
    expect(shrinkage[21]).toBeCloseTo(1 / (1 - (1 / 26) * 0.75), 12);
    expect(shrinkage[45]).toBeCloseTo(1 / (1 - (25 / 26) * 0.75), 12);
    expect(shrinkage[46]).toBeCloseTo(4, 12);
  });

  it('begin YaRN’s ramp between pairs where it is not cut to whole ones', () => {
    const shrinkage = stretching({ rope_scaling: { ...yarn, truncate: false } }, { headWidth: 128 });
    expect(shrinkage[20]).toBe(1);
    expect(shrinkage[21]).toBeGreaterThan(1);
    expect(shrinkage[21]).toBeLessThan(1.003);
  });

  it('grow slower beyond the length of a model with dynamic scaling, and are one object up to it', () => {
    const config = { rope_scaling: { type: 'dynamic', factor: 2 } };
    const { embedding, maxPositions } = read(config);
    expect(maxPositions).toBe(128);
    expect(embedding.turns(64)).toBe(embedding.turns(1));
    expect(stretching(config, {}, 64)).toEqual(Array.from({ length: 8 }, () => 1));
    // theta is multiplied by (2 * 96 / 64 - 1)^(16 / 14) = 2^(8 / 7)
    expect(stretching(config, {}, 96)[7]).toBeCloseTo(2 ** ((8 / 7) * (14 / 16)), 12);
  });

  it('are divided by the short factors up to the original length of LongRoPE, and by the long ones after it', () => {
    const config = { rope_scaling: longrope, original_max_position_embeddings: 16 };
    const shape = { headWidth: 4 };
    expect(stretching(config, shape, 16)).toEqual([1, 2]);
    expect(stretching(config, shape, 17).map((ratio) => Math.round(ratio * 1e12) / 1e12)).toEqual([3, 4]);
    const { embedding } = read(config, shape);
    expect(embedding.turns(17)).toBe(embedding.turns(64));
  });
});

describe('the magnitude of rotated heads', () => {
  const magnitude = (scaling: Fields): number => turns({ rope_scaling: scaling }, { headWidth: 4 }).magnitude;

  it('is 1 without YaRN or LongRoPE', () => {
    expect(turns({}).magnitude).toBe(1);
    expect(magnitude({ type: 'linear', factor: 3 })).toBe(1);
  });

  it('grows with the logarithm of YaRN’s factor, unless it is given', () => {
    const sharpened = 0.1 * Math.log(4) + 1;
    expect(magnitude(yarn)).toBeCloseTo(sharpened, 12);
    expect(magnitude({ ...yarn, attention_factor: 0.8 })).toBe(0.8);
    expect(magnitude({ ...yarn, mscale: 2, mscale_all_dim: 0 })).toBeCloseTo(sharpened, 12);
    expect(magnitude({ ...yarn, mscale: 2, mscale_all_dim: 1 })).toBeCloseTo((0.2 * Math.log(4) + 1) / sharpened, 12);
  });

  it('follows from how far LongRoPE stretches a model, unless factor or magnitude is given', () => {
    const original = { ...longrope, original_max_position_embeddings: 16 };
    expect(magnitude(original)).toBeCloseTo(Math.sqrt(1 + Math.log(4) / Math.log(16)), 12);
    expect(magnitude({ ...original, factor: 16 })).toBeCloseTo(Math.SQRT2, 12);
    expect(magnitude({ ...original, attention_factor: 1.5 })).toBe(1.5);
    expect(magnitude({ ...longrope, original_max_position_embeddings: 64 })).toBe(1);
  });
});

describe('the rows of a rotary table', () => {
  it('are magnitude times cosine and sine of position times frequency', () => {
    const { cosines, sines } = rotaryRows({ frequencies: [1, 0.5], magnitude: 2 }, 3);
    const single = (value: number): number => Math.fround(2 * value);
    expect([...cosines]).toEqual([
      2,
      2,
      single(Math.cos(1)),
      single(Math.cos(0.5)),
      single(Math.cos(2)),
      single(Math.cos(1)),
    ]);
    expect([...sines.subarray(2, 4)]).toEqual([single(Math.sin(1)), single(Math.sin(0.5))]);
  });

  it('are those of angles in float32', () => {
    const sine = rotaryRows({ frequencies: [0.3], magnitude: 1 }, 7002).sines[7001] as number;
    expect(sine).toBe(Math.fround(Math.sin(Math.fround(7001 * Math.fround(0.3)))));
    expect(Math.abs(sine - Math.sin(7001 * 0.3))).toBeGreaterThan(1e-6);
  });
});
