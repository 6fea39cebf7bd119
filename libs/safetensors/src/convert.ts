/** Elements of tensors as JavaScript numbers. Every result is a copy, so that changing it leaves the tensor as it was. */
import type { Dtype } from './dtype.js';
import { SafetensorsError } from './errors.js';
import type { Tensor } from './tensor.js';

/** Reads F32, F64, F16 and BF16; F64 is rounded to the nearest float32, the others are exact. */
export function toFloat32(tensor: Tensor): Float32Array {
  const buffer = copied(tensor);
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float32Array(new Float64Array(buffer));
    case 'BF16':
      return fromBfloat16(new Uint16Array(buffer));
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    default:
      throw notReadable(tensor, 'floating-point numbers', ['F32', 'F64', 'F16', 'BF16']);
  }
}

/** Reads F32, F64, F16 and BF16, all exactly. */
export function toFloat64(tensor: Tensor): Float64Array {
  return tensor.dtype === 'F64' ? new Float64Array(copied(tensor)) : new Float64Array(toFloat32(tensor));
}

/** Reads the integer types and BOOL. Throws where a 64-bit value exceeds what a number holds exactly. */
export function toIntegers(tensor: Tensor): number[] {
  const buffer = copied(tensor);
  switch (tensor.dtype) {
    case 'BOOL':
    case 'U8':
      return [...new Uint8Array(buffer)];
    case 'I8':
      return [...new Int8Array(buffer)];
    case 'U16':
      return [...new Uint16Array(buffer)];
    case 'I16':
      return [...new Int16Array(buffer)];
    case 'U32':
      return [...new Uint32Array(buffer)];
    case 'I32':
      return [...new Int32Array(buffer)];
    case 'U64':
      return Array.from(new BigUint64Array(buffer), safeInteger);
    case 'I64':
      return Array.from(new BigInt64Array(buffer), safeInteger);
    default:
      throw notReadable(tensor, 'integers', ['BOOL', 'U8', 'I8', 'U16', 'I16', 'U32', 'I32', 'U64', 'I64']);
  }
}

/** A buffer of its own is also aligned, which a view on a file's bytes need not be. */
function copied(tensor: Tensor): ArrayBuffer {
  return new Uint8Array(tensor.bytes).buffer;
}

/** A bfloat16 is the upper half of the float32 of the same value. */
function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let index = 0; index < halves.length; index += 1) bits[index] = (halves[index] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}

/** IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function safeInteger(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new SafetensorsError(`integer ${value} exceeds ${Number.MAX_SAFE_INTEGER}, the largest that is held exactly`);
  }
  return number;
}

function notReadable({ dtype, shape }: Tensor, what: string, readable: readonly Dtype[]): SafetensorsError {
  return new SafetensorsError(
    `${dtype} [${shape.join(', ')}] cannot be read as ${what}: they are read from ${readable.join(', ')}`,
  );
}
