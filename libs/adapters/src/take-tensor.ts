import { viewFloat32, type Dtype, type SafetensorsContents } from '@fedamole/safetensors';

/** Thrown where a file of an adapter, of a pool or of embeddings holds something else than it has to. */
export class AdapterFileError extends Error {
  override readonly name = 'AdapterFileError';
}

/** A tensor's values, where they lie in the file's bytes if they can be read there; throws where it is missing, of another type or shape, or holds what is no finite number. */
export function takeTensor(
  { tensors }: SafetensorsContents,
  name: string,
  shape: readonly number[],
  dtypes: readonly Dtype[] = ['F32'],
): Float32Array {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new AdapterFileError(`tensor ${name} is missing`);
  if (!dtypes.includes(tensor.dtype) || tensor.shape.join() !== shape.join()) {
    throw new AdapterFileError(
      `tensor ${name} is ${tensor.dtype} [${tensor.shape.join(', ')}]; expected ${dtypes.join(' or ')} [${shape.join(', ')}]`,
    );
  }
  const values = viewFloat32(tensor);
  const index = firstNotFinite(values);
  if (index >= 0) throw new AdapterFileError(`tensor ${name} holds ${values[index]} at element ${index}`);
  return values;
}

/** -1 where there is none; a loop, because every element of every upload comes by here. */
function firstNotFinite(values: Float32Array): number {
  for (let index = 0; index < values.length; index += 1) if (!Number.isFinite(values[index])) return index;
  return -1;
}
