/** Files that are too large to be held in memory, such as a base model's weights. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 2 ** 20;

/** The SHA-256 of a file, and how many bytes it has. */
export async function fileDigest(path: string): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.byteLength;
  }
  return { digest: hash.digest('hex'), bytes };
}

/** Copies what a file holds into another one, and returns the digest of what was copied. */
export async function copyHashed(source: FileHandle, target: FileHandle): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of source.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false, start: 0 })) {
    hash.update(chunk as Buffer);
    await target.writeFile(chunk as Buffer);
    bytes += (chunk as Buffer).byteLength;
  }
  return { digest: hash.digest('hex'), bytes };
}

/** Makes a file by `write`, on the disk when it resolves; a file that could not be written is removed. */
export async function newFile<Result>(path: string, write: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await open(path, 'wx');
  try {
    const result = await write(file);
    await file.sync();
    return result;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
