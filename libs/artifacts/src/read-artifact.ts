/** Reads an artifact's file. Whoever may store artifacts decides what lies there, so nothing is trusted before it is read. */
import { constants } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MisplacedArtifactError, MissingArtifactError, OversizedArtifactError } from './errors.js';

/**
 * The bytes of a regular file of at most `maximumBytes` at `<folder>/<two digits>/<the others>`. The folder may be a link,
 * its operator made that; below it links are refused, and so are pipes and devices, which could be read for ever.
 *
 * @throws MissingArtifactError, MisplacedArtifactError, OversizedArtifactError; where the folder itself is not there, or cannot be
 *   read, the file system's own error: that is no property of the artifact.
 */
export async function readArtifact(folder: string, digest: string, maximumBytes: number): Promise<Uint8Array> {
  const file = await openArtifact(folder, digest, maximumBytes);
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    let filled = 0;
    while (filled < bytes.byteLength) {
      const { bytesRead } = await file.read(bytes, filled, Math.min(2 ** 30, bytes.byteLength - filled), filled);
      // it was cut short meanwhile, which its digest will tell
      if (bytesRead === 0) return bytes.subarray(0, filled);
      filled += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** The same file, opened. */
export async function openArtifact(folder: string, digest: string, maximumBytes: number): Promise<FileHandle> {
  const due = join(await realpath(folder), digest.slice(0, 2), digest.slice(2));
  try {
    const actual = await realpath(due);
    if (actual !== due) throw new MisplacedArtifactError(digest, 'a link');
    return await openRegular(digest, due, maximumBytes);
  } catch (error) {
    if (isMissing(error)) throw new MissingArtifactError(digest, due);
    throw error;
  }
}

async function openRegular(digest: string, path: string, maximumBytes: number): Promise<FileHandle> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = await file.stat();
    if (!found.isFile())
      throw new MisplacedArtifactError(digest, found.isDirectory() ? 'a folder' : 'a pipe or device');
    if (found.size > maximumBytes) throw new OversizedArtifactError(digest, found.size, maximumBytes);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
