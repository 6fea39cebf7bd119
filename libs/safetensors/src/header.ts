/**
 * The header of a safetensors file: 8 bytes of little-endian length, then JSON that names each tensor's type, shape and
 * byte range within the data that follows. It is checked in full before any data are read, because the ranges of a
 * malformed file would otherwise select another tensor's bytes, or bytes beyond the file.
 */
import { firstDuplicateKey } from './duplicate-keys.js';
import { SafetensorsError } from './errors.js';
import { nestsDeeper } from './nesting.js';
import { printable, shown } from './shown.js';
import { checkCoverage, checkedTensor, isObject } from './tensor-range.js';
import type { TensorRange } from './tensor-range.js';

/** Bytes before the JSON: its length as an unsigned 64-bit integer. */
export const LENGTH_BYTES = 8;

/** The format's own limit on the JSON, in bytes. */
export const MAX_HEADER_BYTES = 100_000_000;

/** The header, a tensor's entry, its shape: nothing of the format lies deeper. */
const HEADER_LEVELS = 3;

/** Characters of another error's message that are repeated. */
const LONGEST_CAUSE = 200;

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
 * @throws SafetensorsError where the file cannot hold such a header, or the header exceeds `limit` bytes.
 */
export function headerLength(
  file: string,
  start: Uint8Array,
  fileSize: number,
  limit: number = MAX_HEADER_BYTES,
): number {
  if (fileSize < LENGTH_BYTES || start.byteLength < LENGTH_BYTES) {
    throw new SafetensorsError(
      `${file}: ${fileSize} bytes are too short for the ${LENGTH_BYTES} bytes of header length`,
    );
  }
  const length = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > BigInt(limit)) {
    throw new SafetensorsError(`${file}: header of ${length} bytes exceeds the limit of ${limit}`);
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
  const text = parsed(file, () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  if (nestsDeeper(text, HEADER_LEVELS)) {
    throw new SafetensorsError(`${file}: the header nests deeper than the format's ${HEADER_LEVELS} levels`);
  }
  const value: unknown = parsed(file, () => JSON.parse(text) as unknown);
  if (!isObject(value)) throw new SafetensorsError(`${file}: the header is not a JSON object`);
  const duplicate = firstDuplicateKey(text);
  if (duplicate !== undefined) throw new SafetensorsError(`${file}: the header has the key ${shown(duplicate)} twice`);
  return value;
}

function parsed<Value>(file: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    const reason = printable((error as Error).message, LONGEST_CAUSE);
    throw new SafetensorsError(`${file}: the header is not JSON in UTF-8: ${reason}`, { cause: error });
  }
}

function checkedMetadata(file: string, value: unknown): Record<string, string> {
  if (!isObject(value)) throw new SafetensorsError(`${file}: __metadata__ is not an object`);
  const pairs = Object.entries(value);
  for (const [key, text] of pairs) {
    if (typeof text !== 'string') {
      throw new SafetensorsError(`${file}: __metadata__ ${shown(key)} is ${shown(text)}, not a string`);
    }
  }
  return Object.fromEntries(pairs) as Record<string, string>;
}
