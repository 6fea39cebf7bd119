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

  it('leave few targets together, and cut many into eight', () => {
    const parts = targetPartsOn('cpu');
    expect(parts.sizes(50)).toEqual([50, 0, 0, 0, 0, 0, 0, 0]);
    expect(parts.sizes(150)).toEqual([64, 64, 22, 0, 0, 0, 0, 0]);
    expect(parts.sizes(2001)).toEqual([251, 251, 251, 251, 251, 251, 251, 244]);
    expect(boundsOf(parts, 150).slice(0, 4)).toEqual([
      { start: 0, end: 64 },
      { start: 64, end: 128 },
      { start: 128, end: 150 },
      { start: 150, end: 150 },
    ]);
  });

  it('are one where kernels take nothing empty', () => {
    expect(targetPartsOn('webgpu').sizes(300)).toEqual([300]);
  });
});
