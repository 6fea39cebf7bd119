import { toFloat32, type Dtype, type SafetensorsContents } from '@fedamole/safetensors';

/** Thrown where a file of an adapter, of a pool or of embeddings holds something else than it has to. */
export class AdapterFileError extends Error {
  override readonly name = 'AdapterFileError';
}

/** A tensor's values; throws where it is missing, of another type or shape, or holds what is no finite number. */
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
  const values = toFloat32(tensor);
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) throw new AdapterFileError(`tensor ${name} holds ${values[index]} at element ${index}`);
  return values;
}
