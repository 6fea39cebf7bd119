/**
 * Files of an artifact store that nobody may need any more. Whoever stores bytes that are there already renews the file's
 * time, so that what has just been handed out is never old, though its file may be.
 */
import { randomUUID } from 'node:crypto';
import { lstat, readdir, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { OldArtifact } from '../artifact-storage.js';
import { isMissing } from './read-artifact.js';

/** Artifacts and temporary files that were stored, and not stored again, since `before`; other files are left alone. */
export async function oldFiles(folder: string, before: Date): Promise<OldArtifact[]> {
  const found: OldArtifact[] = [];
  for (const prefix of await foldersOf(folder)) {
    for (const name of (await readdir(join(folder, prefix))).sort()) {
      const digest = /^[0-9a-f]{62}$/.test(name) ? prefix + name : null;
      if (digest === null && !/^\..+\.tmp$/.test(name)) continue;
      const path = join(folder, prefix, name);
      const bytes = await bytesOfOld(path, before);
      if (bytes !== null) found.push({ place: path, digest, bytes });
    }
  }
  return found;
}

/**
 * Removes a file unless it was stored again meanwhile. It loses its name first: whoever stores its bytes from then on
 * writes a new file, and whoever did so just before has renewed the time that is looked at afterwards.
 */
export async function removeOldFile(path: string, before: Date): Promise<boolean> {
  const aside = join(dirname(path), `.${randomUUID()}.tmp`);
  try {
    await rename(path, aside);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  if ((await bytesOfOld(aside, before)) === null) {
    await rename(aside, path);
    return false;
  }
  await rm(aside, { force: true });
  return true;
}

/** Marks a file as stored now; false where it has just been removed. */
export async function renewed(path: string): Promise<boolean> {
  const now = new Date();
  try {
    await utimes(path, now, now);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** Null where the file is newer, is gone, or is none. */
async function bytesOfOld(path: string, before: Date): Promise<number | null> {
  try {
    const found = await lstat(path);
    return found.isFile() && found.mtime < before ? found.size : null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** The folders that artifacts lie in; a link is none of them, wherever it leads. */
async function foldersOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && /^[0-9a-f]{2}$/.test(entry.name));
  return folders.map(({ name }) => name).sort();
}
