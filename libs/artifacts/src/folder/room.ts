/** Whether a store's folder can be used now. */
import { randomUUID } from 'node:crypto';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that this user may still write. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws the file system's error where the folder cannot be read */
export async function requireReadable(folder: string): Promise<void> {
  await readdir(folder);
}

/**
 * Writes a small file and removes it: permissions alone tell nothing of a disk that is full or was mounted read-only.
 *
 * @throws the file system's error; an Error that names both numbers where less than `leastFreeBytes` is left
 */
export async function requireRoom(folder: string, leastFreeBytes: number): Promise<void> {
  const free = await freeBytes(folder);
  const probe = join(folder, `.${randomUUID()}.tmp`);
  try {
    await writeFile(probe, new Uint8Array(4096), { flag: 'wx', mode: 0o600 });
  } finally {
    await rm(probe, { force: true });
  }
  if (free < leastFreeBytes)
    throw new Error(`${free} bytes are free in ${folder}; at least ${leastFreeBytes} are needed`);
}
