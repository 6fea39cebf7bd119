import { describe, expect, it } from '@jest/globals';
import { attentionFeeds, causalBias, type RowsSoFar } from './attention-feeds.js';

const seenIn = (bias: Float32Array): number[] => [...bias].map((element) => (element === 0 ? 1 : 0));

describe('the attention bias', () => {
  const rows = { lengths: [5, 3], time: 5 };

  it('lets a query see itself and the real tokens before it', () => {
    const seen = seenIn(causalBias(rows));
    expect(seen.slice(0, 25)).toEqual([1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1]);
    expect(seen.slice(25)).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1]);
  });

  it('lets a query see as many tokens as a window holds, its own included', () => {
    expect(seenIn(causalBias({ lengths: [4], time: 4 }, 2))).toEqual([1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1]);
    const past = { lengths: [3], capacity: 4 };
    expect(seenIn(causalBias({ lengths: [1], time: 1, past }, 2))).toEqual([0, 0, 1, 0, 1]);
    // the second query sees nothing of the cache any more
    expect(seenIn(causalBias({ lengths: [2], time: 2, past }, 2))).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1]);
  });

  it('keeps rows of padding finite: what is hidden is very negative, not infinite', () => {
    const bias = causalBias(rows);
    expect(bias.every(Number.isFinite)).toBe(true);
    expect(Math.min(...bias)).toBeLessThan(-1e8);
  });

  it('lets one new token see all real tokens so far', () => {
    // three and two earlier tokens in four slots, then the new one
    const past = { lengths: [3, 2], capacity: 4 };
    expect(seenIn(causalBias({ lengths: [1, 1], time: 1, past }))).toEqual([1, 1, 1, 0, 1, 1, 1, 0, 0, 1]);
  });

  it('lets several new tokens see each other in order', () => {
    const past = { lengths: [2, 1], capacity: 2 };
    const seen = seenIn(causalBias({ lengths: [2, 1], time: 2, past }));
    expect(seen.slice(0, 8)).toEqual([1, 1, 1, 0, 1, 1, 1, 1]);
    // the second row's new token stands behind one of padding
    expect(seen.slice(8)).toEqual([0, 0, 0, 0, 1, 0, 0, 1]);
  });
});

describe('what a session is fed of its rows', () => {
  const rows = { lengths: [1, 1], time: 1, past: { lengths: [2, 1], capacity: 2 } };

  it('is a bias for every window that it asks for, and nothing that it does not', () => {
    const names = ['attention_bias:all:0', 'attention_bias:2:0'];
    const feeds = attentionFeeds(['input_ids', ...names], { rotaryEmbeddings: [] }, rows);
    expect(Object.keys(feeds)).toEqual(names);
    expect(feeds['attention_bias:2:0']?.dims).toEqual([2, 1, 1, 3]);
    expect(seenIn(feeds['attention_bias:2:0']?.data as Float32Array)).toEqual([0, 1, 1, 1, 0, 1]);
  });

  it('is a bias for each part of a whole sequence, whose queries are told of no key behind it', () => {
    const whole = { lengths: [5, 3], time: 5 };
    const feeds = attentionFeeds(['attention_bias:all:0', 'attention_bias:all:1'], { rotaryEmbeddings: [] }, whole);
    const [early, late] = [0, 1].map((part) => feeds[`attention_bias:all:${part}`]);
    expect(early?.dims).toEqual([2, 1, 3, 3]);
    expect(late?.dims).toEqual([2, 1, 2, 5]);
    const seen = seenIn(causalBias(whole));
    const queries = (row: number, from: number, to: number, keys: number): number[] =>
      Array.from({ length: to - from }, (_, index) => (5 * row + from + index) * 5).flatMap((start) =>
        seen.slice(start, start + keys),
      );
    expect(seenIn(early?.data as Float32Array)).toEqual([0, 1].flatMap((row) => queries(row, 0, 3, 3)));
    expect(seenIn(late?.data as Float32Array)).toEqual([0, 1].flatMap((row) => queries(row, 3, 5, 5)));
  });

  it('counts the positions of keys from the first real token', () => {
    const positionsIn = (part: number, of: RowsSoFar): number[] => {
      const name = `key_positions:${part}`;
      return [...(attentionFeeds([name], { rotaryEmbeddings: [] }, of)[name]?.data as Float32Array)];
    };
    expect(positionsIn(0, rows)).toEqual([0, 1, 2, 0, 0, 1]);
    expect(positionsIn(0, { lengths: [5, 3], time: 5 })).toEqual([0, 1, 2, 0, 0, 0]);
    expect(positionsIn(1, { lengths: [5, 3], time: 5 })).toEqual([0, 1, 2, 3, 4, 0, 0, 0, 1, 2]);
  });
});
