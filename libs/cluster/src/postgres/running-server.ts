/** The server that runs on a data folder already: one that was kept, or whose starter was killed. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { KnownProcess } from '../processes.js';
import { knownProcess, processCommand } from '../processes.js';
import type { PostgresData } from './data-folder.js';

/** Milliseconds that a server may take to answer, recovery after a crash included. */
const patience = 60_000;

export interface RunningServer {
  server: KnownProcess;
  port: number;
}

export const serverUrl = (password: string, port: number, database = 'postgres'): string =>
  `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;

/**
 * The server of this data folder, once it answers; null where none runs. A postmaster.pid that a crash left behind is
 * removed where its process id belongs to something else by now: PostgreSQL itself would refuse to start. Where that
 * process has ended PostgreSQL reads the file: it waits for backends that outlive their server.
 */
export async function findRunningServer({ folder, password }: PostgresData): Promise<RunningServer | null> {
  const lockFile = join(folder, 'postmaster.pid');
  const deadline = Date.now() + patience;
  for (;;) {
    const lock = await readLock(lockFile);
    if (lock === null) return null;
    const command = await processCommand(lock.pid);
    if (command === null) return null;
    if (!command.includes(folder)) {
      await rm(lockFile, { force: true });
      return null;
    }
    if (lock.port !== null && (await answers(serverUrl(password, lock.port)))) {
      return { server: await knownProcess(lock.pid), port: lock.port };
    }
    if (Date.now() > deadline) {
      throw new Error(`PostgreSQL (process ${lock.pid}) runs on ${folder} but does not answer: stop it.`);
    }
    await sleep(100);
  }
}

/** Whether a server accepts connections. Throws where it refuses this user for good. */
export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  // A server that goes away ends the connection by an error event.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch (error) {
    // 28P01: wrong password, so this is another server.
    if ((error as { code?: string }).code === '28P01') throw error;
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Lines of postmaster.pid: process id, data folder, start time, port, ...; a server that just starts has written few. */
async function readLock(file: string): Promise<{ pid: number; port: number | null } | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const lines = text.split('\n');
  const pid = Math.abs(Number(lines[0]));
  const port = Number(lines[3]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: port > 0 ? port : null } : null;
}
