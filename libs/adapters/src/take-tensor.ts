import { shown, viewFloat32, type Dtype, type SafetensorsContents } from '@fedamole/safetensors';

/**
 * The largest magnitude of an element that clients and aggregator exchange. Adapters that train stay far below a hundred;
 * one element of this size among a thousand clients' moves their mean by a thousand, and beyond it the products of A, B and
 * a token's activations come near what a float32 holds.
 */
export const LARGEST_ELEMENT = 1e6;

export interface TensorOptions {
  readonly dtypes?: readonly Dtype[];
  /** The largest magnitude that an element may have. */
  readonly largest?: number;
}

/** Thrown where a file of an adapter, of a pool or of embeddings holds something else than it has to. */
export class AdapterFileError extends Error {
  override readonly name = 'AdapterFileError';
}

/**
 * A tensor's values, where they lie in the file's bytes if they can be read there; throws where it is missing, of another type or
 * shape, or holds NaN or what exceeds the largest magnitude.
 */
export function takeTensor(
  { tensors }: SafetensorsContents,
  name: string,
  shape: readonly number[],
  { dtypes = ['F32'], largest = LARGEST_ELEMENT }: TensorOptions = {},
): Float32Array {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new AdapterFileError(`tensor ${name} is missing`);
  if (!dtypes.includes(tensor.dtype) || tensor.shape.join() !== shape.join()) {
    throw new AdapterFileError(
      `tensor ${name} is ${tensor.dtype} [${tensor.shape.join(', ')}]; expected ${dtypes.join(' or ')} [${shape.join(', ')}]`,
    );
  }
  const values = viewFloat32(tensor);
  for (let index = 0; index < values.length; index += 1) {
    // NaN compares to nothing
    if (Math.abs(values[index] as number) <= largest) continue;
    throw new AdapterFileError(
      `tensor ${name} holds ${values[index]} at element ${index}; the largest magnitude is ${largest}`,
    );
  }
  return values;
}

/** Throws where a tensor has another name than these: nothing would read it. */
export function requireNoOther({ tensors }: SafetensorsContents, names: { has(name: string): boolean }): void {
  const strange = [...tensors.keys()].find((name) => !names.has(name));
  if (strange !== undefined) throw new AdapterFileError(`tensor ${shown(strange)} is not expected`);
}
