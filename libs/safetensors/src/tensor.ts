import { elementCount } from './dtype.js';
import type { Dtype } from './dtype.js';
import { SafetensorsError } from './errors.js';

/** A dense tensor, row-major; `bytes` are little-endian elements, at any alignment. */
export interface Tensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A float32 tensor whose bytes are the values' own memory, without a copy. */
export function float32Tensor(shape: readonly number[], values: Float32Array): Tensor {
  return viewed('F32', shape, values);
}

/** A float64 tensor whose bytes are the values' own memory, without a copy. */
export function float64Tensor(shape: readonly number[], values: Float64Array): Tensor {
  return viewed('F64', shape, values);
}

function viewed(dtype: Dtype, shape: readonly number[], values: Float32Array | Float64Array): Tensor {
  const expected = elementCount(shape);
  if (values.length !== expected) {
    throw new SafetensorsError(`${dtype} [${shape.join(', ')}] takes ${expected} elements, not ${values.length}`);
  }
  return { dtype, shape: [...shape], bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}
