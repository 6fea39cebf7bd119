/** A data folder: made once by initdb, with a password that only the file beside it knows. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PostgresLocations } from './locations.js';

const run = promisify(execFile);

export interface PostgresData {
  folder: string;
  password: string;
}

/**
 * Opens the data of `home`, made by initdb where there are none. Throws where they were written by another major
 * version, or their password is lost.
 */
export async function openData(
  { account, binaries, home }: PostgresLocations,
  { major, ephemeral }: { major: string; ephemeral: boolean },
): Promise<PostgresData> {
  const folder = join(home, 'data');
  const passwordFile = join(home, 'password');
  const written = await readIfThere(join(folder, 'PG_VERSION'));
  if (written === null) await initialise();
  else if (written.trim() !== major) {
    throw new Error(
      `The data in ${folder} were written by PostgreSQL ${written.trim()}, and this is PostgreSQL ${major}: ` +
        'dump them with the old version, or remove the folder to start anew.',
    );
  }
  const password = await readIfThere(passwordFile);
  if (password === null) throw new Error(`${passwordFile} is missing: the data in ${folder} cannot be opened without.`);
  return { folder, password: password.trim() };

  /** Under another name until it is whole: an interrupted initdb leaves nothing that looks like data. */
  async function initialise(): Promise<void> {
    const unfinished = join(home, 'data.unfinished');
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    const fresh = randomBytes(24).toString('hex');
    await writeFile(passwordFile, `${fresh}\n`, { mode: 0o600 });
    // The server's account can read a copy inside its own folder only; initdb wants that folder empty.
    const copy = join(home, 'initdb-password');
    await rm(copy, { force: true });
    await writeFile(copy, `${fresh}\n`, { mode: 0o600 });
    if (account) await Promise.all([unfinished, copy].map((path) => chown(path, account.uid, account.gid)));
    try {
      await run(
        join(binaries, 'bin', 'initdb'),
        [
          ...['-D', unfinished, '-U', 'postgres', '-A', 'scram-sha-256', '-E', 'UTF8', '--locale=C'],
          ...[`--pwfile=${copy}`, ...(ephemeral ? ['-N'] : [])],
        ],
        { cwd: unfinished, ...(account ?? {}) },
      );
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      const { stderr, message } = error as Error & { stderr?: string };
      throw new Error(`PostgreSQL could not make its data folder ${folder}: ${stderr?.trim() || message}`, {
        cause: error,
      });
    } finally {
      await rm(copy, { force: true });
    }
    await rename(unfinished, folder);
  }
}

async function readIfThere(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
