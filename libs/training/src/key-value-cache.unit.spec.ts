import { describe, expect, it } from '@jest/globals';
import { KeyValueCache, type CachePart } from './key-value-cache.js';

const decoder = { layers: 2, keyValueHeads: 2, headWidth: 3 };
const CAPACITY = 32;

/** New tokens [rows, 2, time, 3] that tell where they come from, and padding of -1. */
function tokens(counts: readonly number[], time: number, first: readonly number[]) {
  return (part: CachePart, layer: number): Float32Array => {
    const values = new Float32Array(counts.length * 2 * time * 3).fill(-1);
    counts.forEach((count, row) => {
      for (const head of [0, 1]) {
        for (let token = 0; token < count; token += 1) {
          const label = layer * 1000 + (part === 'keys' ? 0 : 500) + (first[row] as number) + token + head * 100;
          values.fill(label, ...rangeOf(row, head, time - count + token, time));
        }
      }
    });
    return values;
  };
}

function rangeOf(row: number, head: number, slot: number, slots: number): [number, number] {
  const start = ((row * 2 + head) * slots + slot) * 3;
  return [start, start + 3];
}

/** What a row's head holds in its first slots: one number a slot. */
function held(cache: KeyValueCache, name: string, row: number, head: number, count: number): number[] {
  const { data, dims } = cache.feeds()[name] as { data: Float32Array; dims: readonly number[] };
  expect(dims).toEqual([cache.lengths.length, 2, cache.capacity, 3]);
  return Array.from({ length: count }, (_, slot) => {
    const [start, end] = rangeOf(row, head, slot, cache.capacity);
    const [label, ...rest] = data.subarray(start, end);
    expect([...rest]).toEqual([label, label]);
    return label as number;
  });
}

describe('the key-value cache', () => {
  const filled = (): KeyValueCache => {
    const cache = new KeyValueCache(decoder, 3);
    cache.append(tokens([2, 4, 1], 4, [10, 20, 30]), [2, 4, 1], 4);
    cache.append(tokens([1, 1, 1], 1, [12, 24, 31]), [1, 1, 1], 1);
    return cache;
  };

  it("holds each row's tokens side by side, without padding, in every layer", () => {
    const cache = filled();
    expect(cache.lengths).toEqual([3, 5, 2]);
    expect(cache.capacity).toBe(CAPACITY);
    expect(held(cache, 'past_keys:0', 0, 0, 3)).toEqual([10, 11, 12]);
    expect(held(cache, 'past_keys:0', 1, 1, 5)).toEqual([120, 121, 122, 123, 124]);
    expect(held(cache, 'past_values:1', 2, 0, 2)).toEqual([1530, 1531]);
  });

  it('keeps what it holds when it grows', () => {
    const cache = filled();
    const [counts, first] = [
      [CAPACITY, 1, 1],
      [13, 25, 32],
    ];
    cache.append(tokens(counts, CAPACITY, first), counts, CAPACITY);
    expect(cache.capacity).toBe(2 * CAPACITY);
    expect(held(cache, 'past_keys:0', 0, 0, 5)).toEqual([10, 11, 12, 13, 14]);
    expect(held(cache, 'past_values:1', 1, 1, 6)).toEqual([1620, 1621, 1622, 1623, 1624, 1625]);
  });

  it('drops rows and goes on with the others', () => {
    const cache = filled();
    cache.keep([1, 2]);
    cache.append(tokens([1, 1], 1, [25, 32]), [1, 1], 1);
    expect(cache.lengths).toEqual([6, 3]);
    expect(held(cache, 'past_keys:1', 0, 0, 6)).toEqual([1020, 1021, 1022, 1023, 1024, 1025]);
    expect(held(cache, 'past_values:0', 1, 1, 3)).toEqual([630, 631, 632]);
  });

  it('holds finite numbers where nothing was added: what is hidden is multiplied, too', () => {
    const { data } = filled().feeds()['past_values:0'] as { data: Float32Array };
    expect(data.every(Number.isFinite)).toBe(true);
  });
});
