/**
 * The header of a safetensors file: 8 bytes of little-endian length, then JSON that names each tensor's type, shape and
 * byte range within the data that follows. It is checked in full before any data are read, because the ranges of a
 * malformed file would otherwise select another tensor's bytes, or bytes beyond the file.
 */
import { firstDuplicateKey } from './duplicate-keys.js';
import { SafetensorsError } from './errors.js';
import { checkCoverage, checkedTensor, isObject } from './tensor-range.js';
import type { TensorRange } from './tensor-range.js';

/** Bytes before the JSON: its length as an unsigned 64-bit integer. */
export const LENGTH_BYTES = 8;

/** The format's own limit on the JSON, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

export interface SafetensorsHeader {
  /** The path that was read, or a name for the buffer; errors begin with it. */
  readonly file: string;
  /** Offset of the first data byte in the file: 8 + length of the JSON. */
  readonly dataOffset: number;
  /** Bytes of the whole file. */
  readonly fileSize: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorRange>;
}

/**
 * Length of the JSON in bytes, from the file's first 8 bytes.
 *
 * @throws SafetensorsError where the file cannot hold such a header.
 */
export function headerLength(file: string, start: Uint8Array, fileSize: number): number {
  if (fileSize < LENGTH_BYTES || start.byteLength < LENGTH_BYTES) {
    throw new SafetensorsError(
      `${file}: ${fileSize} bytes are too short for the ${LENGTH_BYTES} bytes of header length`,
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new SafetensorsError(`${file}: header of ${length} bytes exceeds the limit of ${MAX_HEADER_BYTES}`);
  }
  if (Number(length) > fileSize - LENGTH_BYTES) {
    throw new SafetensorsError(
      `${file}: header of ${length} bytes exceeds the ${fileSize - LENGTH_BYTES} that the file has left`,
    );
  }
  return Number(length);
}

/**
 * Reads and checks the JSON of a header.
 *
 * @throws SafetensorsError naming file, tensor, value and limit.
 */
export function parseHeader(file: string, json: Uint8Array, fileSize: number): SafetensorsHeader {
  const entries = parseJson(file, json);
  const dataOffset = LENGTH_BYTES + json.byteLength;
  let metadata: Record<string, string> = {};
  const tensors = new Map<string, TensorRange>();
  for (const [name, value] of Object.entries(entries)) {
    if (name === '__metadata__') metadata = checkedMetadata(file, value);
    else tensors.set(name, checkedTensor(file, name, value, fileSize - dataOffset));
  }
  checkCoverage(file, tensors, fileSize - dataOffset);
  return { file, dataOffset, fileSize, metadata, tensors };
}

function parseJson(file: string, bytes: Uint8Array): object {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new SafetensorsError(`${file}: the header is not JSON in UTF-8: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!isObject(value)) throw new SafetensorsError(`${file}: the header is not a JSON object`);
  const duplicate = firstDuplicateKey(text);
  if (duplicate !== undefined) throw new SafetensorsError(`${file}: the header has the key "${duplicate}" twice`);
  return value;
}

function checkedMetadata(file: string, value: unknown): Record<string, string> {
  if (!isObject(value)) throw new SafetensorsError(`${file}: __metadata__ is not an object`);
  const pairs = Object.entries(value);
  for (const [key, text] of pairs) {
    if (typeof text !== 'string') {
      throw new SafetensorsError(`${file}: __metadata__ "${key}" is ${JSON.stringify(text)}, not a string`);
    }
  }
  return Object.fromEntries(pairs) as Record<string, string>;
}
