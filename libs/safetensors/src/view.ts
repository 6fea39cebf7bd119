import { toFloat32 } from './convert.js';
import type { Tensor } from './tensor.js';

/**
 * An F32 tensor's elements where they are, without a copy, if they lie at a multiple of four bytes; a copy otherwise, and of
 * any other type. What changes them may change the tensor's bytes.
 */
export function viewFloat32(tensor: Tensor): Float32Array {
  const { dtype, bytes } = tensor;
  if (dtype !== 'F32' || bytes.byteOffset % Float32Array.BYTES_PER_ELEMENT !== 0) return toFloat32(tensor);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / Float32Array.BYTES_PER_ELEMENT);
}
