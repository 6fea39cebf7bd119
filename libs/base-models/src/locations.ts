/** Where tensors lie in safetensors files, in the form that ONNX Runtime maps them from. */
import { dirname, join, relative, sep } from 'node:path';
import { SafetensorsError, type Dtype, type SafetensorsHeader } from '@fedamole/safetensors';

const storedTypes = {
  F32: 'float32',
  BF16: 'bfloat16',
  F16: 'float16',
  I8: 'int8',
  U8: 'uint8',
} as const satisfies Partial<Record<Dtype, string>>;

/** How a tensor's bytes are read: uint4 is no type of safetensors, but a view on bytes that hold two each. */
export type StoredType = (typeof storedTypes)[keyof typeof storedTypes] | 'uint4';

/** Where a tensor's bytes lie: `file` is relative to the model's `weightsFolder`, offset and length are in bytes. */
export interface WeightLocation {
  readonly file: string;
  /** The tensor's name in the file. */
  readonly storedName: string;
  readonly offset: number;
  readonly length: number;
  readonly dataType: StoredType;
  readonly shape: readonly number[];
}

/** Throws SafetensorsError where the tensor is missing or of a type that no model holds. */
export function locationOf(header: SafetensorsHeader, name: string, weightsFolder: string): WeightLocation {
  const range = header.tensors.get(name);
  if (range === undefined) throw new SafetensorsError(`${header.file}: no tensor "${name}"`);
  const dataType = (storedTypes as Partial<Record<Dtype, StoredType>>)[range.dtype];
  if (dataType === undefined) {
    throw new SafetensorsError(
      `${header.file}: ${name} is ${range.dtype}; supported are ${Object.keys(storedTypes).join(', ')}`,
    );
  }
  return {
    file: relative(weightsFolder, header.file),
    storedName: name,
    offset: header.dataOffset + range.begin,
    length: range.end - range.begin,
    dataType,
    shape: range.shape,
  };
}

/** The same place, seen from another folder above it. */
export const relocated = (location: WeightLocation, from: string, to: string): WeightLocation => ({
  ...location,
  file: relative(to, join(from, location.file)),
});

/** The deepest folder that holds all of them. */
export function commonFolder(folders: readonly string[]): string {
  return folders.reduce((common, folder) => {
    let shared = common;
    while (folder !== shared && !folder.startsWith(shared === sep ? sep : shared + sep)) shared = dirname(shared);
    return shared;
  });
}
