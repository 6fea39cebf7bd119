import { describe, expect, it } from '@jest/globals';
import { readRotarySettings, rotaryFrequencies } from './rotary.js';

const llama3 = {
  factor: 32,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 8192,
};

describe('rotary settings', () => {
  const spellings: readonly [what: string, newer: object, older: object][] = [
    ['the default', { rope_parameters: { rope_theta: 500_000, rope_type: 'default' } }, { rope_theta: 500_000 }],
    [
      'the default, spelled out as none',
      { rope_parameters: { rope_theta: 500_000 } },
      { rope_theta: 500_000, rope_scaling: null },
    ],
    [
      'linear scaling',
      { rope_parameters: { rope_theta: 10_000, rope_type: 'linear', factor: 2 } },
      { rope_theta: 10_000, rope_scaling: { type: 'linear', factor: 2 } },
    ],
    [
      "Llama 3's scaling",
      { rope_parameters: { rope_theta: 500_000, rope_type: 'llama3', ...llama3 } },
      { rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...llama3 } },
    ],
    [
      "Llama 3's scaling under the oldest name",
      { rope_parameters: { rope_theta: 500_000, rope_type: 'llama3', ...llama3 } },
      { rope_theta: 500_000, rope_scaling: { type: 'llama3', ...llama3 } },
    ],
  ];

  it.each(spellings)('are the same in both spellings: %s', (_what, newer, older) => {
    const [first, second] = [newer, older].map((config) => readRotarySettings({ ...config }));
    expect(first).toEqual(second);
    expect(rotaryFrequencies(first!, 16)).toEqual(rotaryFrequencies(second!, 16));
  });

  it('fall back on theta 10000 where nothing is said', () => {
    expect(readRotarySettings({})).toEqual({ theta: 10_000, scaling: { kind: 'default' } });
  });
});

describe('rotary frequencies', () => {
  it('fall from 1 by powers of theta', () => {
    const frequencies = rotaryFrequencies({ theta: 10_000, scaling: { kind: 'default' } }, 8);
    [1, 0.1, 0.01, 0.001].forEach((expected, pair) => expect(frequencies[pair]).toBeCloseTo(expected, 12));
  });

  it('are divided by the factor where scaling is linear', () => {
    const frequencies = rotaryFrequencies({ theta: 10_000, scaling: { kind: 'linear', factor: 4 } }, 8);
    [0.25, 0.025, 0.0025, 0.00025].forEach((expected, pair) => expect(frequencies[pair]).toBeCloseTo(expected, 12));
  });

  it("keep short wavelengths and divide long ones under Llama 3's scaling, without a jump between", () => {
    const settings = readRotarySettings({ rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...llama3 } });
    const plain = rotaryFrequencies({ theta: 500_000, scaling: { kind: 'default' } }, 64);
    const scaled = rotaryFrequencies(settings, 64);
    const shrinkage = scaled.map((frequency, pair) => (plain[pair] as number) / frequency);
    expect(shrinkage[0]).toBe(1);
    expect(shrinkage.at(-1)).toBeCloseTo(32, 9);
    shrinkage.slice(1).forEach((value, pair) => expect(value).toBeGreaterThanOrEqual(shrinkage[pair] as number));
    const between = shrinkage.filter((value) => value > 1.001 && value < 31.999);
    expect(between.length).toBeGreaterThan(0);
  });

  it('interpolate between wavelengths of 8192 / 4 and 8192 positions for Llama 3.2 1B', () => {
    const settings = readRotarySettings({ rope_theta: 500_000, rope_scaling: { rope_type: 'llama3', ...llama3 } });
    const scaled = rotaryFrequencies(settings, 64);
    // wavelength 8192 / 4 lies between pairs 14 and 15, wavelength 8192 between 17 and 18
    const plain = (pair: number): number => 500_000 ** (-pair / 32);
    expect(scaled[14]).toBe(plain(14));
    expect(scaled[18]).toBeCloseTo(plain(18) / 32, 15);
    const smooth = ((8192 * plain(16)) / (2 * Math.PI) - 1) / 3;
    expect(scaled[16]).toBeCloseTo(((1 - smooth) / 32 + smooth) * plain(16), 15);
  });
});
