/** Files that are on the disk, and not only in the system's memory, before anybody relies on them. */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactContent } from '../artifact-storage.js';

/** Writes a temporary file and hands it over; whatever fails, it is gone. */
export async function writeFlushed(
  folder: string,
  content: ArtifactContent,
  use: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await writeFile(file, 'bytes' in content ? content.bytes : createReadStream(content.file));
      await file.sync();
    } finally {
      await file.close();
    }
    await use(temporary);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Has the entries of a folder on the disk. */
export async function flushed(folder: string): Promise<void> {
  const opened = await open(folder, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
