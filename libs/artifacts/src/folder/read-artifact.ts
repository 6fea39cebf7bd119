/** Reads an artifact's file. Whoever may store artifacts decides what lies there, so nothing is trusted before it is read. */
import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MisplacedArtifactError, MissingArtifactError, OversizedArtifactError } from '../errors.js';

/** Bytes of one piece of a file that is read piece by piece. */
const pieceBytes = 2 ** 20;

/**
 * The bytes of a regular file of at most `maximumBytes` at `<folder>/<two digits>/<the others>`. The folder may be a link,
 * its operator made that; below it links are refused, and so are pipes and devices, which could be read for ever.
 *
 * @throws MissingArtifactError, MisplacedArtifactError, OversizedArtifactError; where the folder itself is not there, or cannot be
 *   read, the file system's own error: that is no property of the artifact.
 */
export async function readArtifact(folder: string, digest: string, maximumBytes: number): Promise<Uint8Array> {
  const { file, size } = await openArtifact(folder, digest);
  try {
    if (size > maximumBytes) throw new OversizedArtifactError(digest, size, maximumBytes);
    const bytes = new Uint8Array(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await file.read(bytes, filled, Math.min(2 ** 30, size - filled), filled);
      // it was cut short meanwhile, which its digest will tell
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** The same piece by piece; a piece is the reader's until it asks for the next. */
export async function* streamArtifact(folder: string, digest: string): AsyncGenerator<Uint8Array> {
  const { file } = await openArtifact(folder, digest);
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(pieceBytes), 0, pieceBytes, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function openArtifact(folder: string, digest: string): Promise<{ file: FileHandle; size: number }> {
  const due = join(await realpath(folder), digest.slice(0, 2), digest.slice(2));
  try {
    const actual = await realpath(due);
    if (actual !== due) throw new MisplacedArtifactError(digest, 'a link');
    return await openRegularFile(digest, due);
  } catch (error) {
    if (isMissing(error)) throw new MissingArtifactError(digest, due);
    throw error;
  }
}

async function openRegularFile(digest: string, path: string): Promise<{ file: FileHandle; size: number }> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (found.isFile()) return { file, size: found.size };
    throw new MisplacedArtifactError(digest, found.isDirectory() ? 'a folder' : 'a pipe or device');
  } catch (error) {
    await file.close();
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
