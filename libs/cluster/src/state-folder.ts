/** The folder that holds everything of one cluster. */
import { access, constants, mkdir, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** PostgreSQL's data and a federation's artifacts want this much before it makes sense to start. */
const leastFreeBytes = 512 * 2 ** 20;

export interface StateFolders {
  state: string;
  postgres: string;
  redis: string;
  artifacts: string;
  logs: string;
}

/** Makes the folders. Throws where they cannot be made or written to, or the disk is nearly full. */
export async function openStateFolder(stateFolder: string): Promise<StateFolders> {
  const state = resolve(stateFolder);
  const folders = {
    state,
    postgres: join(state, 'postgres'),
    redis: join(state, 'redis'),
    artifacts: join(state, 'artifacts'),
    logs: join(state, 'logs'),
  };
  try {
    // PostgreSQL, which root hands to another account, must be able to pass through; files are their owner's only.
    await mkdir(state, { recursive: true, mode: 0o711 });
    await access(state, constants.W_OK | constants.X_OK);
    for (const folder of [folders.redis, folders.artifacts, folders.logs]) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The state folder ${state} cannot be used: ${reason}.`, { cause: error });
  }
  const { bavail, bsize } = await statfs(state);
  if (bavail * bsize < leastFreeBytes) {
    const free = Math.floor((bavail * bsize) / 2 ** 20);
    throw new Error(`The disk of ${state} has ${free} MiB left; a cluster needs ${leastFreeBytes / 2 ** 20} MiB.`);
  }
  return folders;
}
