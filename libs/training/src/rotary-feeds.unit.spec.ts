import { describe, expect, it } from '@jest/globals';
import type { RotaryEmbedding } from '@fedamole/models';
import { rotaryFeeds } from './rotary-feeds.js';

const slow = { frequencies: [0.5, 0.25], magnitude: 1 };
const fast = { frequencies: [1, 0.5], magnitude: 2 };
const embedding: RotaryEmbedding = {
  name: 'rotary',
  pairs: 2,
  turns: (length) => (length > 200 ? slow : fast),
  keysFollow: false,
};

describe('the tables of a rotary embedding', () => {
  it('hold a row for every position of a sequence', () => {
    const feeds = rotaryFeeds([embedding], 3);
    expect(Object.keys(feeds)).toEqual(['cosines:rotary', 'sines:rotary']);
    expect(feeds['cosines:rotary']?.dims).toEqual([3, 2]);
    expect([...(feeds['sines:rotary']?.data as Float32Array)]).toEqual(
      [0, 0, 1, 0.5, 2, 1].map((angle) => Math.fround(2 * Math.sin(angle))),
    );
  });

  it('begin alike whatever the length, and beyond the first rows too', () => {
    const cosines = (length: number): number[] => [
      ...(rotaryFeeds([embedding], length)['cosines:rotary']?.data as Float32Array),
    ];
    const short = cosines(2);
    const long = cosines(190);
    expect(long).toHaveLength(380);
    expect(long.slice(0, 4)).toEqual(short);
    expect(long[379]).toBe(Math.fround(2 * Math.cos(189 * 0.5)));
    expect(cosines(2)).toEqual(short);
  });

  it("are those of the sequence's length where turns depend on it", () => {
    const data = rotaryFeeds([embedding], 201)['cosines:rotary']?.data as Float32Array;
    expect(data[2]).toBe(Math.fround(Math.cos(0.5)));
  });
});
