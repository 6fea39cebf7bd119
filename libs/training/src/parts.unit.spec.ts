import { describe, expect, it } from '@jest/globals';
import { boundsOf, sizesOf, targetPartsOn, timeParts, wholeOf } from './parts.js';

describe('the parts of a dimension', () => {
  it('are halves of time, the earlier one first', () => {
    expect(sizesOf(timeParts, 7)).toEqual([
      ['early', 4],
      ['late', 3],
    ]);
    expect(wholeOf(timeParts)).toBe('(early+late)');
  });

  it('leave few targets together, and cut many into four', () => {
    const parts = targetPartsOn('cpu');
    expect(parts.sizes(100)).toEqual([100, 0, 0, 0]);
    expect(parts.sizes(300)).toEqual([128, 128, 44, 0]);
    expect(parts.sizes(2001)).toEqual([501, 501, 501, 498]);
    expect(boundsOf(parts, 300)).toEqual([
      { start: 0, end: 128 },
      { start: 128, end: 256 },
      { start: 256, end: 300 },
      { start: 300, end: 300 },
    ]);
  });

  it('are one where kernels take nothing empty', () => {
    expect(targetPartsOn('webgpu').sizes(300)).toEqual([300]);
  });
});
