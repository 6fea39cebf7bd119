import { describe, expect, it } from '@jest/globals';
import { RateLimit } from './rate-limit.js';

describe('a rate limit', () => {
  it('answers a burst of a minute’s requests, and then says after how many seconds to ask again', () => {
    const limit = new RateLimit(6);
    expect(Array.from({ length: 8 }, () => limit.take('one', 0))).toEqual([0, 0, 0, 0, 0, 0, 10, 10]);
    expect(limit.take('one', 9_000)).toBe(1);
    expect([limit.take('one', 10_000), limit.take('one', 10_000)]).toEqual([0, 10]);
  });

  it('counts callers apart', () => {
    const limit = new RateLimit(1);
    expect([limit.take('one', 0), limit.take('one', 0), limit.take('other', 0)]).toEqual([0, 60, 0]);
  });

  it('holds no more than a minute’s requests back', () => {
    const limit = new RateLimit(2);
    expect(Array.from({ length: 3 }, () => limit.take('one', 86_400_000))).toEqual([0, 0, 30]);
  });

  it('goes on limiting a caller while ten thousand others come by', () => {
    const limit = new RateLimit(2);
    limit.take('one', 0);
    limit.take('one', 0);
    for (let other = 0; other < 20_000; other++) limit.take(`other ${other}`, other);
    expect(limit.take('one', 20_000)).toBe(10);
  });
});
