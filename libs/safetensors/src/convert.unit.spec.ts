import { describe, expect, it } from '@jest/globals';
import { toFloat32, toFloat64, toIntegers } from './convert.js';
import type { Dtype } from './dtype.js';
import { float32Tensor, float64Tensor } from './tensor.js';
import type { Tensor } from './tensor.js';

function tensorOf(dtype: Dtype, values: ArrayBufferView & { length: number }): Tensor {
  return { dtype, shape: [values.length], bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

describe('elements of a tensor', () => {
  it('reads float16 exactly: normal, subnormal, signed zero, infinite, not a number', () => {
    const bits = new Uint16Array([0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x03ff, 0x8000, 0x7c00, 0xfc00, 0x7e00]);
    const expected = [1, -2, 0.333251953125, 65504, 2 ** -24, 1023 * 2 ** -24, -0, Infinity, -Infinity, NaN];
    expect([...toFloat32(tensorOf('F16', bits))]).toEqual(expected);
  });

  it('reads bfloat16 as the upper half of a float32', () => {
    expect([...toFloat32(tensorOf('BF16', new Uint16Array([0x3f80, 0xc040, 0x0000, 0x7f80])))]).toEqual([
      1,
      -3,
      0,
      Infinity,
    ]);
  });

  it('rounds float64 to float32 where asked, and keeps it otherwise', () => {
    const tensor = float64Tensor([1], Float64Array.of(0.1));
    expect(toFloat32(tensor)[0]).toBe(Math.fround(0.1));
    expect(toFloat64(tensor)[0]).toBe(0.1);
    expect(toFloat64(float32Tensor([1], Float32Array.of(0.1)))[0]).toBe(Math.fround(0.1));
  });

  it('reads elements at any alignment, as a copy', () => {
    const file = new Uint8Array(9);
    new DataView(file.buffer).setFloat32(1, 1.5, true);
    new DataView(file.buffer).setFloat32(5, -2, true);
    const tensor: Tensor = { dtype: 'F32', shape: [2], bytes: file.subarray(1) };
    const values = toFloat32(tensor);
    expect([...values]).toEqual([1.5, -2]);
    values.fill(0);
    expect([...toFloat32(tensor)]).toEqual([1.5, -2]);
  });

  it('reads every integer type', () => {
    expect(toIntegers(tensorOf('I64', BigInt64Array.of(-5n, 2n ** 40n)))).toEqual([-5, 2 ** 40]);
    expect(toIntegers(tensorOf('U64', BigUint64Array.of(7n)))).toEqual([7]);
    expect(toIntegers(tensorOf('I32', Int32Array.of(-1)))).toEqual([-1]);
    expect(toIntegers(tensorOf('U32', Uint32Array.of(2 ** 32 - 1)))).toEqual([2 ** 32 - 1]);
    expect(toIntegers(tensorOf('I16', Int16Array.of(-300)))).toEqual([-300]);
    expect(toIntegers(tensorOf('U16', Uint16Array.of(65535)))).toEqual([65535]);
    expect(toIntegers(tensorOf('I8', Int8Array.of(-128)))).toEqual([-128]);
    expect(toIntegers(tensorOf('U8', Uint8Array.of(255)))).toEqual([255]);
    expect(toIntegers(tensorOf('BOOL', Uint8Array.of(1, 0)))).toEqual([1, 0]);
  });

  it('refuses a 64-bit integer that a number does not hold exactly', () => {
    expect(() => toIntegers(tensorOf('I64', BigInt64Array.of(2n ** 53n)))).toThrow(/9007199254740992 exceeds/);
  });

  it('refuses to read integers as floats and floats as integers', () => {
    expect(() => toFloat32(tensorOf('I32', Int32Array.of(1)))).toThrow(
      /I32 \[1\] cannot be read as floating-point numbers/,
    );
    expect(() => toIntegers(tensorOf('F32', Float32Array.of(1)))).toThrow(/F32 \[1\] cannot be read as integers/);
  });

  it('refuses values whose number differs from the shape', () => {
    expect(() => float32Tensor([2, 3], new Float32Array(5))).toThrow(/F32 \[2, 3\] takes 6 elements, not 5/);
    expect(() => float32Tensor([-1], new Float32Array(0))).toThrow(/dimension -1/);
  });
});
