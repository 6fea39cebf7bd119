import { describe, expect, it } from '@jest/globals';
import { median } from './median.js';

describe('the median', () => {
  it('is the middle value, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle of an even number', () => {
    expect(median([10, 1, 3, 2])).toBe(2.5);
  });

  it('does not exist of no values', () => {
    expect(() => median([])).toThrow('the median of no values');
  });
});
