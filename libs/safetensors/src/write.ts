import { byteLength } from './dtype.js';
import { SafetensorsError } from './errors.js';
import { LENGTH_BYTES, MAX_HEADER_BYTES } from './header.js';
import type { Tensor } from './tensor.js';

/** Data begin at a multiple of this many bytes, as the format's reference writer has it. */
const HEADER_ALIGNMENT = 8;

/**
 * Serialises tensors: the same tensors and metadata give the same bytes, in whatever order they were inserted, so that
 * an artifact's digest depends on its contents alone. Tensors lie sorted by name (UTF-16 code units), as do metadata.
 *
 * @throws SafetensorsError naming a tensor whose bytes differ from what its type and shape take.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = sortedByKey(tensors instanceof Map ? [...tensors] : Object.entries(tensors));
  const { entries, dataBytes } = headerEntries(ordered);
  const metadataEntries = sortedByKey(Object.entries(metadata)).map(
    ([key, value]) => `${quoted(key)}:${quoted(value)}`,
  );
  if (metadataEntries.length > 0) entries.unshift(`"__metadata__":{${metadataEntries.join(',')}}`);
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerBytes = Math.ceil(json.byteLength / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new SafetensorsError(`header of ${headerBytes} bytes exceeds the limit of ${MAX_HEADER_BYTES}`);
  }
  const file = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + json.byteLength, LENGTH_BYTES + headerBytes);
  let at = LENGTH_BYTES + headerBytes;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, at);
    at += bytes.byteLength;
  }
  return file;
}

/** The entries are joined by hand: an object would put keys that look like integers first, whatever their order. */
function headerEntries(ordered: readonly (readonly [string, Tensor])[]): { entries: string[]; dataBytes: number } {
  const entries: string[] = [];
  let begin = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    if (name === '__metadata__') throw new SafetensorsError('a tensor cannot be named "__metadata__"');
    const expected = byteLength(dtype, shape);
    if (bytes.byteLength !== expected) {
      throw new SafetensorsError(
        `tensor "${name}": ${dtype} [${shape.join(', ')}] takes ${expected} bytes, not ${bytes.byteLength}`,
      );
    }
    const end = begin + expected;
    entries.push(`${quoted(name)}:{"dtype":"${dtype}","shape":[${shape.join(',')}],"data_offsets":[${begin},${end}]}`);
    begin = end;
  }
  return { entries, dataBytes: begin };
}

function sortedByKey<Value>(pairs: readonly (readonly [string, Value])[]): (readonly [string, Value])[] {
  return [...pairs].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
