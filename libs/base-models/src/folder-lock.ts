/**
 * A lock that processes on different machines may share by a folder, such as one on NFS: a folder that only one of them can
 * make. Its holder renews its time; a lock whose time is old is one whose holder died.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks at a lock that somebody holds. */
const interval = 100;
/** Milliseconds between two renewals, and after which a lock counts as left. */
const renewal = 5000;
const left = 120_000;

/** Does some work while nobody else has the lock. `onWait` is called before every look, and may throw to stop waiting. */
export async function locked<Result>(
  path: string,
  work: () => Promise<Result>,
  onWait: () => void = () => undefined,
): Promise<Result> {
  while (!(await made(path))) {
    onWait();
    if (!(await broken(path))) await sleep(interval);
  }
  const timer = setInterval(() => void renew(path), renewal);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    await rm(path, { recursive: true, force: true });
  }
}

async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Takes a lock that was left out of the way; only one of those who find it can. */
async function broken(path: string): Promise<boolean> {
  try {
    if (Date.now() - (await stat(path)).mtimeMs < left) return false;
    const aside = `${path}.${randomUUID()}.tmp`;
    await rename(path, aside);
    await rm(aside, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

/** Renewals that fail make the lock old, which is all that can be said. */
const renew = (path: string): Promise<void> => utimes(path, new Date(), new Date()).catch(() => undefined);

export const codeOf = (error: unknown): unknown => (error as NodeJS.ErrnoException | null)?.code;
