import { describe, expect, it } from '@jest/globals';
import { bucketByLength, makeBatch } from './batch.js';

const numbers = (values: BigInt64Array): number[] => Array.from(values, Number);
const pad = 99;
/** Five tokens of which two are targets, and three of which one is. */
const long = { ids: [10, 11, 12, 13, 14], promptLength: 3 };
const short = { ids: [20, 21, 22], promptLength: 2 };

describe('a batch', () => {
  const batch = makeBatch([long, short], pad);

  it('pads shorter rows on the left', () => {
    expect([batch.rows, batch.time]).toEqual([2, 5]);
    expect(numbers(batch.inputIds)).toEqual([10, 11, 12, 13, 14, pad, pad, 20, 21, 22]);
  });

  it('counts positions from the first real token', () => {
    expect(numbers(batch.positions)).toEqual([0, 1, 2, 3, 4, 0, 0, 0, 1, 2]);
  });

  it('predicts each target from the token before it', () => {
    expect(numbers(batch.selected)).toEqual([2, 3, 8]);
    expect(numbers(batch.targets)).toEqual([13, 14, 22]);
    expect(batch.targetCounts).toEqual([2, 1]);
  });

  it('weighs real tokens alike and padding not at all', () => {
    expect(batch.tokenCount).toBe(8);
    expect([...batch.tokenWeights]).toEqual([0.125, 0.125, 0.125, 0.125, 0.125, 0, 0, 0.125, 0.125, 0.125]);
  });

  it('knows how many real tokens each row has', () => {
    expect(batch.lengths).toEqual([5, 3]);
  });

  it('is refused without a sequence', () => {
    expect(() => makeBatch([], pad)).toThrow('a batch holds at least one sequence');
  });

  it('is refused where nothing is left to predict, or nothing to predict from', () => {
    expect(() => makeBatch([long, { ids: [1, 2], promptLength: 2 }], pad)).toThrow(
      'sequence 1: a prompt of 2 of 2 tokens leaves nothing to predict',
    );
    expect(() => makeBatch([{ ids: [1, 2], promptLength: 0 }], pad)).toThrow('sequence 0: a prompt of 0 of 2 tokens');
  });
});

describe('buckets', () => {
  const lengths = [7, 3, 9, 3, 5, 1, 8];

  it('hold every sequence once, in order of length', () => {
    const buckets = bucketByLength(lengths, 3);
    expect(buckets).toEqual([[5, 1, 3], [4, 0, 6], [2]]);
    expect(buckets.flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('are none for no sequences, and one where all fit', () => {
    expect(bucketByLength([], 3)).toEqual([]);
    expect(bucketByLength(lengths, 7)).toHaveLength(1);
  });
});
