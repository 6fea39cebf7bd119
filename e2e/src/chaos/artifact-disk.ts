/**
 * A disk of its own for the artifacts, small enough to be filled: a tmpfs on their folder, which only root may mount. Where
 * it cannot be mounted the artifacts share the machine's disk, and that is not filled.
 */
import { execFile } from 'node:child_process';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const size = '128m';
const chunks = [2 ** 20, 2 ** 12, 1];

export interface ArtifactDisk {
  readonly folder: string;
  /** Null where the disk can be filled, else why not. */
  readonly unfillable: string | null;
  fill(): Promise<void>;
  free(): Promise<void>;
  /** Removes all artifacts, so that the next federation finds nothing that it would have to store. */
  clear(): Promise<void>;
  unmount(): Promise<void>;
}

export async function mountArtifactDisk(folder: string): Promise<ArtifactDisk> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unfillable = await run('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=0700`, 'fedamole-chaos', folder]).then(
    () => null,
    (error: Error) => error.message.trim(),
  );
  const filler = join(folder, '.filler');
  return {
    folder,
    unfillable,
    fill: () => (unfillable === null ? fill(filler) : Promise.reject(new Error(unfillable))),
    free: () => rm(filler, { force: true }),
    async clear() {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
    },
    async unmount() {
      if (unfillable === null) await run('umount', [folder]);
    },
  };
}

/** Writes until there is no room for another byte. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    for (const bytes of chunks) {
      const chunk = Buffer.alloc(bytes);
      while (await written(() => file.write(chunk)));
    }
  } finally {
    await file.close();
  }
}

async function written(write: () => Promise<{ bytesWritten: number }>): Promise<boolean> {
  try {
    return (await write()).bytesWritten > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
