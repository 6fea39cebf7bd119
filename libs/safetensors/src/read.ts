import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { SafetensorsError } from './errors.js';
import { headerLength, LENGTH_BYTES, parseHeader } from './header.js';
import type { SafetensorsHeader } from './header.js';
import { shown } from './shown.js';
import type { TensorRange } from './tensor-range.js';
import type { Tensor } from './tensor.js';

/** One read call takes at most this many bytes: the kernel transfers no more than 2 GiB at once. */
const READ_CHUNK = 2 ** 30;

export interface SafetensorsContents {
  readonly metadata: Readonly<Record<string, string>>;
  /** Their bytes are views on one buffer. */
  readonly tensors: Map<string, Tensor>;
}

/**
 * Reads and checks a file's header; the data stay on the disk, for `readTensor` or a memory-mapped reader.
 *
 * @throws SafetensorsError where the file is malformed; file system errors pass through.
 */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  return withFile(file, async (handle) => readHeader(file, handle));
}

/** Reads one tensor's bytes, by its range. */
export async function readTensor(header: SafetensorsHeader, name: string): Promise<Tensor> {
  const range = header.tensors.get(name);
  if (range === undefined) throw new SafetensorsError(`${header.file}: no tensor ${shown(name)}`);
  const bytes = await withFile(header.file, (handle) =>
    readRange(header.file, handle, header.dataOffset + range.begin, range.end - range.begin),
  );
  return { dtype: range.dtype, shape: range.shape, bytes };
}

/**
 * Reads some tensors by one range, which holds them all: of tensors that lie apart, also what is between them. Their bytes are
 * views on one buffer.
 */
export async function readTensors(header: SafetensorsHeader, names: readonly string[]): Promise<Map<string, Tensor>> {
  const ranges = names.map((name) => {
    const range = header.tensors.get(name);
    if (range === undefined) throw new SafetensorsError(`${header.file}: no tensor ${shown(name)}`);
    return [name, range] as const;
  });
  const begin = ranges.reduce((least, [, range]) => Math.min(least, range.begin), Infinity);
  const end = ranges.reduce((most, [, range]) => Math.max(most, range.end), 0);
  if (end <= begin) return new Map(ranges.map(([name, range]) => [name, tensorOf(range, new Uint8Array())]));
  const bytes = await withFile(header.file, (handle) =>
    readRange(header.file, handle, header.dataOffset + begin, end - begin),
  );
  return new Map(
    ranges.map(([name, range]) => [name, tensorOf(range, bytes.subarray(range.begin - begin, range.end - begin))]),
  );
}

const tensorOf = ({ dtype, shape }: TensorRange, bytes: Uint8Array): Tensor => ({ dtype, shape, bytes });

export interface BufferOptions {
  /** What errors call the buffer. */
  readonly name?: string;
  /** The format's own limit, unless a lower one is known. */
  readonly maximumHeaderBytes?: number;
}

/** Reads every tensor of a buffer, at once, or of a file. The tensors of a buffer are views on it. */
export function readSafetensors(bytes: Uint8Array, options?: BufferOptions): SafetensorsContents;
export function readSafetensors(file: string): Promise<SafetensorsContents>;
export function readSafetensors(
  source: string | Uint8Array,
  { name = 'safetensors buffer', maximumHeaderBytes }: BufferOptions = {},
): SafetensorsContents | Promise<SafetensorsContents> {
  if (typeof source !== 'string') {
    const length = headerLength(name, source, source.byteLength, maximumHeaderBytes);
    const json = source.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
    const header = parseHeader(name, json, source.byteLength);
    return contents(header, source.subarray(header.dataOffset));
  }
  return withFile(source, async (handle) => {
    const header = await readHeader(source, handle);
    return contents(header, await readRange(source, handle, header.dataOffset, header.fileSize - header.dataOffset));
  });
}

function contents(header: SafetensorsHeader, data: Uint8Array): SafetensorsContents {
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, begin, end }] of header.tensors) {
    tensors.set(name, { dtype, shape, bytes: data.subarray(begin, end) });
  }
  return { metadata: header.metadata, tensors };
}

async function readHeader(file: string, handle: FileHandle): Promise<SafetensorsHeader> {
  const { size } = await handle.stat();
  const start = await readRange(file, handle, 0, Math.min(LENGTH_BYTES, size));
  return parseHeader(file, await readRange(file, handle, LENGTH_BYTES, headerLength(file, start, size)), size);
}

async function readRange(file: string, handle: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const wanted = Math.min(READ_CHUNK, length - filled);
    const { bytesRead } = await handle.read(bytes, filled, wanted, offset + filled);
    if (bytesRead === 0) {
      throw new SafetensorsError(
        `${file}: ended at byte ${offset + filled} while ${length - filled} more were being read`,
      );
    }
    filled += bytesRead;
  }
  return bytes;
}

async function withFile<Result>(file: string, use: (handle: FileHandle) => Promise<Result>): Promise<Result> {
  const handle = await open(file, 'r');
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}
