/** Two supervisors never use one state folder: a lock file names the one that does. */
import { randomBytes } from 'node:crypto';
import { link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPrivateJson, writePrivateJson } from './private-json.js';
import type { KnownProcess } from './processes.js';
import { isRunning, knownProcess } from './processes.js';

export interface StateLock {
  release(): Promise<void>;
}

interface Holder extends KnownProcess {
  /** Tells two locks of one process apart. */
  token: string;
}

/** Milliseconds between two looks at a lock that somebody else is just taking over. */
const interval = 10;

/**
 * Takes the folder for this process. Throws where another running process has it; the lock of one that was killed is
 * taken over.
 */
export async function lockState(stateFolder: string): Promise<StateLock> {
  const file = join(stateFolder, 'lock.json');
  const own: Holder = { ...(await knownProcess(process.pid)), token: randomBytes(8).toString('hex') };
  const prepared = `${file}.${own.token}`;
  await writePrivateJson(prepared, own);
  try {
    // A link appears with its content, and never replaces a file that is there.
    while (!(await linked(prepared, file))) {
      const holder = await readPrivateJson<Holder>(file);
      if (holder === null) continue;
      await refuseRunning(holder, stateFolder);
      if (await takenOver(holder, prepared, file)) break;
      await sleep(interval);
    }
  } finally {
    await rm(prepared, { force: true });
  }
  const release = async (): Promise<void> => {
    const held = await readPrivateJson<Holder>(file);
    if (held?.token === own.token) await rm(file, { force: true });
  };
  return { release };
}

async function linked(prepared: string, file: string): Promise<boolean> {
  try {
    await link(prepared, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Replaces a stale lock. Only the holder of the claim may, and it looks again first: where several found the same stale
 * lock, those that come later find the first one's.
 */
async function takenOver(stale: Holder, prepared: string, file: string): Promise<boolean> {
  const claim = `${file}.claim`;
  if (!(await linked(prepared, claim))) {
    const claimant = await readPrivateJson<Holder>(claim);
    if (claimant !== null && !(await isRunning(claimant))) await rm(claim, { force: true });
    return false;
  }
  try {
    const current = await readPrivateJson<Holder>(file);
    if (current?.token !== stale.token || current?.identity !== stale.identity) return false;
    await rename(prepared, file);
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

async function refuseRunning(holder: Holder, stateFolder: string): Promise<void> {
  if (!(await isRunning(holder))) return;
  throw new Error(
    `${stateFolder} is in use by process ${holder.pid}: wait for it, stop it, or choose another state folder.`,
  );
}
