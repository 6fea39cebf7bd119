import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { meanInto, type Weighted } from './weighted-mean.js';

/** The definition: one element at a time, in float64, rounded once. */
function definition(vectors: readonly { value: Float32Array; weight: number }[]): Float32Array {
  const length = vectors[0]?.value.length ?? 0;
  const total = vectors.reduce((sum, { weight }) => sum + weight, 0);
  return Float32Array.from({ length }, (_, index) => {
    let sum = 0;
    for (const { value, weight } of vectors) sum += weight * (value[index] as number);
    return sum / total;
  });
}

function weightedMean(vectors: readonly Weighted<Float32Array>[]): Float32Array | null {
  const target = new Float32Array(vectors[0]?.value.length ?? 0);
  return meanInto(target, vectors) ? target : null;
}

const bits = (values: Float32Array | null): number[] => [
  ...new Uint32Array((values ?? new Float32Array()).slice().buffer),
];

describe('the weighted mean of vectors', () => {
  it('of minus zeros is zero', () => {
    expect(weightedMean([{ value: Float32Array.of(-0), weight: 1 }])).toEqual(Float32Array.of(0));
  });

  it('is that of its definition to the last bit, for any length, weights and finite elements', () => {
    const cases = fc.integer({ min: 1, max: 37 }).chain((length) =>
      fc.array(
        fc.record({
          value: fc.float32Array({ minLength: length, maxLength: length, noNaN: true, noDefaultInfinity: true }),
          weight: fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 1, max: 1_000_000 })),
        }),
        { minLength: 1, maxLength: 9 },
      ),
    );
    fc.assert(
      fc.property(cases, (vectors) => {
        expect(bits(weightedMean(vectors))).toEqual(bits(definition(vectors)));
      }),
      { numRuns: 500, seed: 11 },
    );
  });

  it('forgets what it computed before, also where the vectors become longer and shorter', () => {
    const ones = (length: number): Float32Array => new Float32Array(length).fill(1);
    for (const length of [5, 100_000, 3, 40_000, 6]) {
      const mean = weightedMean([
        { value: ones(length), weight: 1 },
        { value: ones(length).fill(3), weight: 3 },
      ]);
      expect(mean).toEqual(ones(length).fill(2.5));
    }
  });

  it('asks for one vector after another', () => {
    let given = 0;
    const seen: number[] = [];
    const vectors = {
      *[Symbol.iterator]() {
        const value = new Float32Array(4);
        for (; given < 3; given += 1) {
          seen.push(given);
          yield { value: value.fill(given), weight: 1 };
        }
      },
    };
    const target = new Float32Array(4);
    meanInto(target, vectors);
    expect(target).toEqual(Float32Array.of(1, 1, 1, 1));
    expect(seen).toEqual([0, 1, 2]);
  });

  it('of no vector, or of no weight, leaves everything as it was', () => {
    const target = Float32Array.of(7);
    expect(meanInto(target, [{ value: Float32Array.of(1), weight: 0 }])).toBe(false);
    expect(target).toEqual(Float32Array.of(7));
    expect(weightedMean([])).toBeNull();
    expect(weightedMean([{ value: new Float32Array(), weight: 1 }])).toEqual(new Float32Array());
  });
});
