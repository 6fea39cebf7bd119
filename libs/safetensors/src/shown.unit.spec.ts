import { describe, expect, it } from '@jest/globals';
import { printable, shown } from './shown.js';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('a value in a message', () => {
  it.each<[unknown, string]>([
    ['F31', '"F31"'],
    [-1.5, '-1.5'],
    [undefined, 'undefined'],
    [null, 'null'],
    [1e400, 'Infinity'],
    [[0, 'a', null], '[0,"a",null]'],
    [{}, '{}'],
    [{ a: [[1], 'b'] }, '{"a":[[1],"b"]}'],
    [[[], [[[1]]], {}], '[[],[[[...]]],{}]'],
    [[1, 2, 3, 4, 5, 6, 7, 8, 9], '[1,2,3,4,5,6,7,8,...]'],
    ['line\nforged\u0000\u001b[31m', '"line\\nforged\\u0000\\u001b[31m"'],
    ['q_pr\u043ej\u200b', '"q_pr\\u043ej\\u200b"'],
    ['\ud800', '"\\ud800"'],
  ])('%p is %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it('stays short, however long or deep it is', () => {
    expect(shown('x'.repeat(1e6))).toBe(`"${'x'.repeat(100)}"...`);
    expect(shown(nested(1e5))).toBe('[[[[...]]]]');
    expect(shown(new Array<string>(1e5).fill('\u0000'.repeat(1e3))).length).toBeLessThanOrEqual(300);
  });
});

describe('a printable message', () => {
  it('is ASCII on one line', () => {
    expect(printable('a\tb\u2028c\u007f', 100)).toBe('a\\u0009b\\u2028c\\u007f');
  });

  it('is cut where it is longer than the limit', () => {
    expect(printable('12345', 5)).toBe('12345');
    expect(printable('123456', 5)).toBe('12...');
    expect(printable('\u0000'.repeat(1e6), 10)).toHaveLength(10);
  });
});
