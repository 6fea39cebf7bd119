import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fedamole/seeded-random';
import type { Sequence } from './batch.js';
import { lengthBucketedBatches, shuffledBatches } from './training-batches.js';

/** Examples that are told apart by their first token. */
const examplesOf = (lengths: readonly number[]): Sequence[] =>
  lengths.map((length, index) => ({ ids: [index, ...new Array<number>(length - 1).fill(0)], promptLength: 1 }));
const namesOf = (batch: readonly Sequence[]): number[] => batch.map(({ ids }) => ids[0] as number);
const drawn = (batches: () => Sequence[], count: number): number[] =>
  Array.from({ length: count }, batches).flatMap(namesOf);
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

describe('shuffled batches', () => {
  const items = examplesOf([2, 2, 2, 2, 2]);

  it('show every example once before any is seen again', () => {
    const seen = drawn(shuffledBatches(items, 2, seededRandom('order')), 5);
    expect(ascending(seen.slice(0, 5))).toEqual([0, 1, 2, 3, 4]);
    expect(ascending(seen.slice(5))).toEqual([0, 1, 2, 3, 4]);
    expect(seen.slice(5)).not.toEqual(seen.slice(0, 5));
  });

  it('are filled from the next pass where they are larger than the data', () => {
    const [batch] = [shuffledBatches(items.slice(0, 2), 5, seededRandom('order'))()];
    expect(batch).toHaveLength(5);
    expect(new Set(namesOf(batch))).toEqual(new Set([0, 1]));
  });

  it('are refused without an example', () => {
    expect(() => shuffledBatches([], 1, seededRandom('order'))).toThrow('there is no example to train on');
  });
});

describe('batches bucketed by length', () => {
  const lengths = Array.from({ length: 43 }, (_, index) => 10 + ((index * 37) % 43) * 4);
  const examples = examplesOf(lengths);
  const passes = (seed: string, count: number): number[][] => {
    const next = lengthBucketedBatches(examples, 4, seededRandom(seed));
    return Array.from({ length: count * 11 }, () => namesOf(next()));
  };

  it('show every example once before any is seen again', () => {
    const all = passes('order', 3);
    for (let pass = 0; pass < 3; pass += 1) {
      const seen = all.slice(pass * 11, (pass + 1) * 11);
      expect(ascending(seen.flat())).toEqual(lengths.map((_, index) => index));
      expect(ascending(seen.map(({ length }) => length))).toEqual([3, ...new Array<number>(10).fill(4)]);
    }
  });

  it('hold examples of similar length: little is padding', () => {
    const padding = (batches: readonly number[][]): number => {
      const of = (batch: readonly number[]): number[] => batch.map((name) => lengths[name] as number);
      const padded = batches.reduce((sum, batch) => sum + batch.length * Math.max(...of(batch)), 0);
      return 1 - lengths.reduce((sum, length) => sum + length, 0) / padded;
    };
    const shuffledOnes = shuffledBatches(examples.slice(0, 40), 4, seededRandom('order'));
    expect(padding(passes('order', 1))).toBeLessThan(0.1);
    expect(padding(Array.from({ length: 10 }, () => namesOf(shuffledOnes())))).toBeGreaterThan(0.2);
  });

  it('come in random order, grouped otherwise in another pass', () => {
    const [first, second] = [passes('order', 2).slice(0, 11), passes('order', 2).slice(11)];
    const longest = (batch: readonly number[]): number => Math.max(...batch.map((name) => lengths[name] as number));
    expect(first.map(longest)).not.toEqual(ascending(first.map(longest)));
    const sets = (batches: readonly number[][]): string[] => batches.map((batch) => ascending(batch).join()).sort();
    expect(sets(second)).not.toEqual(sets(first));
  });

  it('are a function of their seed', () => {
    expect(passes('order', 2)).toEqual(passes('order', 2));
    expect(passes('other', 2)).not.toEqual(passes('order', 2));
  });

  it('hold all examples where they are larger than the data', () => {
    const next = lengthBucketedBatches(examples.slice(0, 3), 8, seededRandom('order'));
    expect([next(), next()].map((batch) => ascending(namesOf(batch)))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });

  it('are refused without an example', () => {
    expect(() => lengthBucketedBatches([], 1, seededRandom('order'))).toThrow('there is no example to train on');
  });
});
