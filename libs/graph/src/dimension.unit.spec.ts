import { describe, expect, it } from '@jest/globals';
import { addDimensions, elementCount, factorsOf, multiplyDimensions, termsOf } from './dimension.js';

describe('dimensions', () => {
  it('give equal dimensions equal names, however they were derived', () => {
    expect(multiplyDimensions(multiplyDimensions('time', 2), 'batch')).toBe('2*batch*time');
    expect(multiplyDimensions('batch', multiplyDimensions(2, 'time'))).toBe('2*batch*time');
    expect(addDimensions(addDimensions(1, 'time'), addDimensions('past', 1))).toBe('(past+time+2)');
  });

  it('keep a sum together as one factor', () => {
    const sum = addDimensions('held', 2);
    expect(multiplyDimensions(8, sum)).toBe('8*(held+2)');
    expect(factorsOf('8*(held+2)')).toEqual([8, '(held+2)']);
    expect(termsOf(sum)).toEqual(['held', 2]);
    expect(termsOf('8*(held+2)')).toEqual(['8*(held+2)']);
    expect(elementCount(['batch', 8, sum])).toBe(elementCount([multiplyDimensions(8, sum), 'batch']));
  });

  it('compute with numbers as numbers', () => {
    expect(elementCount([2, 3, 4])).toBe(24);
    expect(addDimensions(2, 3)).toBe(5);
  });
});
