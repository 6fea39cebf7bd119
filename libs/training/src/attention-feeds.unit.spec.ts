import { describe, expect, it } from '@jest/globals';
import { attentionFeeds, causalBias } from './attention-feeds.js';

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
    const feeds = attentionFeeds(['input_ids', 'attention_bias', 'attention_bias:2'], { rotaryEmbeddings: [] }, rows);
    expect(Object.keys(feeds)).toEqual(['attention_bias', 'attention_bias:2']);
    expect(feeds['attention_bias:2']?.dims).toEqual([2, 1, 1, 1, 3]);
    expect(seenIn(feeds['attention_bias:2']?.data as Float32Array)).toEqual([0, 1, 1, 1, 0, 1]);
  });

  it('counts the positions of keys from the first real token', () => {
    expect([
      ...(attentionFeeds(['key_positions'], { rotaryEmbeddings: [] }, rows)['key_positions']?.data as Float32Array),
    ]).toEqual([0, 1, 2, 0, 0, 1]);
  });
});
