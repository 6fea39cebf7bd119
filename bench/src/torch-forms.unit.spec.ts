import { describe, expect, it } from '@jest/globals';
import { hasBfloat16 } from './torch-forms.js';

describe('bfloat16 in hardware', () => {
  it.each([
    ['AMX', 'flags\t\t: fpu avx512f amx_bf16 amx_tile'],
    ['AVX512-BF16', 'model name\t: CPU\nflags\t\t: fpu avx512_bf16 clzero'],
    ['Arm', 'Features\t: fp asimd bf16'],
  ])('is told by the flag of %s', (_, information) => {
    expect(hasBfloat16(information)).toBe(true);
  });

  it('is not told by a name or another flag', () => {
    expect(hasBfloat16('model name\t: bf16\nflags\t\t: fpu avx512f avx512vl')).toBe(false);
  });
});
