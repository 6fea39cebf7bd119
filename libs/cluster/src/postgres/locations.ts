/** Where a server's binaries and data are: where they were asked for, or under /var/tmp where its account cannot reach. */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresBinaries } from './binaries.js';
import type { ServerAccount } from './server-account.js';
import { canReach, serverAccount } from './server-account.js';

export interface PostgresLocations {
  account: ServerAccount | null;
  /** Holds bin, lib and share. */
  binaries: string;
  /** Holds data, password and log. */
  home: string;
}

const elsewhere = '/var/tmp/fedamole-postgres';

/** Finds, and where needed makes, both folders. `folder` must exist. */
export async function chooseLocations(folder: string, binaries: PostgresBinaries): Promise<PostgresLocations> {
  const account = serverAccount();
  if (account === null) return { account, binaries: binaries.folder, home: folder };
  const home = await realpath(folder);
  const reachable =
    (await canReach(account, await realpath(join(binaries.folder, 'bin', 'postgres')))) &&
    (await canReach(account, join(await realpath(binaries.folder), 'lib'))) &&
    (await canReach(account, join(await realpath(binaries.folder), 'share'))) &&
    (await canReach(account, home));
  if (reachable) return { account, binaries: binaries.folder, home };
  await makeOwnFolder(elsewhere);
  return { account, binaries: await copyBinaries(binaries), home: await relocatedHome(home) };
}

/** /var/tmp is everybody's: a folder that another user put there is not used. */
async function makeOwnFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  const found = await lstat(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new Error(`${path} is not a folder of this user's own: remove it.`);
  }
  await chmod(path, 0o711);
}

/** Copied under a name of its own and then renamed, so that an interrupted copy is never taken for a whole one. */
async function copyBinaries({ folder, version }: PostgresBinaries): Promise<string> {
  const target = join(elsewhere, `binaries-${version}`);
  if (await exists(target)) return target;
  const copy = `${target}.${randomBytes(6).toString('hex')}`;
  await cp(folder, copy, { recursive: true, verbatimSymlinks: true });
  await openToAll(copy);
  try {
    await rename(copy, target);
  } catch (error) {
    await rm(copy, { recursive: true, force: true });
    if (!(await exists(target))) throw error;
  }
  return target;
}

/** What was installed under a strict umask is copied with the modes that it has, and only its owner could use it. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(path);
    else if (entry.isFile()) await chmod(path, ((await lstat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/**
 * Named by the folder asked for and by an id kept in it: where that folder was deleted, a new one under the same name
 * does not find the old one's data.
 */
async function relocatedHome(folder: string): Promise<string> {
  const place = createHash('sha256').update(folder).digest('hex').slice(0, 16);
  const idFile = join(folder, 'id');
  if (!(await exists(idFile))) {
    await writeFile(idFile, randomBytes(8).toString('hex'), { mode: 0o600, flag: 'wx' });
    for (const name of await readdir(elsewhere)) {
      if (name.startsWith(`data-${place}-`)) await removeUnused(join(elsewhere, name));
    }
  }
  const home = join(elsewhere, `data-${place}-${(await readFile(idFile, 'utf8')).trim()}`);
  await makeOwnFolder(home);
  return home;
}

/** A server that is still running keeps its data; the next start under this folder's name removes them. */
async function removeUnused(home: string): Promise<void> {
  if (!(await exists(join(home, 'data', 'postmaster.pid')))) await rm(home, { recursive: true, force: true });
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
