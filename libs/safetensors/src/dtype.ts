import { SafetensorsError } from './errors.js';

/** Bytes per element of every element type of the format; all are stored little-endian. */
const bytesPerElement = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type Dtype = keyof typeof bytesPerElement;

export const dtypes = Object.keys(bytesPerElement) as readonly Dtype[];

export function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(bytesPerElement, value);
}

/** Elements of a tensor of this shape; 1 for a scalar (`[]`). Throws where a dimension or the product is no safe count. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) {
      throw new SafetensorsError(
        `shape [${shape.join(', ')}]: dimension ${dimension} is not a whole number of at least 0`,
      );
    }
    count *= dimension;
  }
  if (!Number.isSafeInteger(count)) {
    throw new SafetensorsError(`shape [${shape.join(', ')}] has more elements than ${Number.MAX_SAFE_INTEGER}`);
  }
  return count;
}

/** Bytes that a tensor of this type and shape takes in the file. */
export function byteLength(dtype: Dtype, shape: readonly number[]): number {
  const bytes = elementCount(shape) * bytesPerElement[dtype];
  if (!Number.isSafeInteger(bytes)) {
    throw new SafetensorsError(
      `shape [${shape.join(', ')}] of ${dtype} takes more than ${Number.MAX_SAFE_INTEGER} bytes`,
    );
  }
  return bytes;
}
