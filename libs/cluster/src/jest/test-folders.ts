/** Folders of servers that tests use: named by the process that made them, so that what a killed run left can be removed. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stopPostgres } from '../postgres/start-postgres.js';
import type { KnownProcess } from '../processes.js';
import { isRunning, knownProcess } from '../processes.js';

const prefix = 'fedamole-tests-';

interface Owner {
  owner: KnownProcess;
  server: KnownProcess | null;
  dataFolder: string | null;
}

/** A new folder that belongs to this process. */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), prefix));
  // Root's PostgreSQL runs as another account, which must be able to pass through.
  await chmod(folder, 0o711);
  await recordOwner(folder, null, null);
  return folder;
}

export async function recordOwner(
  folder: string,
  server: KnownProcess | null,
  dataFolder: string | null,
): Promise<void> {
  const owner: Owner = { owner: await knownProcess(process.pid), server, dataFolder };
  await writeFile(join(folder, 'owner.json'), JSON.stringify(owner), { mode: 0o600 });
}

export async function removeTestFolder(folder: string, dataFolder: string | null): Promise<void> {
  if (dataFolder !== null) await rm(dataFolder, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
}

/** Stops the servers, and removes the folders, of this user's runs that were killed. */
export async function removeAbandonedTestFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(tmpdir(), name);
    const found = await readOwner(join(folder, 'owner.json'));
    if (found === null || (await isRunning(found.owner))) continue;
    if (found.server) await stopPostgres(found.server);
    await removeTestFolder(folder, found.dataFolder);
  }
}

/** Null where the folder is another user's, or is just being made. */
async function readOwner(file: string): Promise<Owner | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Owner;
  } catch {
    return null;
  }
}
