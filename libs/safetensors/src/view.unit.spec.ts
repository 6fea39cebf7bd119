import { describe, expect, it } from '@jest/globals';
import type { Tensor } from './tensor.js';
import { viewFloat32 } from './view.js';

const file = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
const tensor = (begin: number, end: number): Tensor => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  bytes: file.subarray(begin, end),
});

describe('a view of a tensor', () => {
  it('is its own memory where that is aligned', () => {
    const view = viewFloat32(tensor(4, 12));
    expect(view).toEqual(Float32Array.of(2, 3));
    expect(view.buffer).toBe(file.buffer);
  });

  it('is a copy where it is not, or the type is another', () => {
    const shifted = new Uint8Array(13);
    shifted.set(file, 1);
    expect(viewFloat32({ dtype: 'F32', shape: [3], bytes: shifted.subarray(1) })).toEqual(Float32Array.of(1, 2, 3));
    const half = { dtype: 'BF16', shape: [1], bytes: Uint8Array.of(0x80, 0x3f) } as const;
    expect(viewFloat32(half)).toEqual(Float32Array.of(1));
  });
});
