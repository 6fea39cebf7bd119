/** A Redis of one's own: on loopback, with a password, its data in a folder. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, statSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { logTail } from '../log-tail.js';
import { freePort } from '../ports.js';
import { readPrivateJson, writePrivateJson } from '../private-json.js';
import type { KnownProcess } from '../processes.js';
import { endProcess, isRunning, knownProcess } from '../processes.js';
import type { RedisProgram } from './redis-program.js';

export interface RedisServer {
  url: string;
  process: KnownProcess;
  adopted: boolean;
  stop(): Promise<void>;
}

/** Milliseconds that a new server may take to answer, reading its data included. */
const patience = 30_000;

/**
 * Starts Redis on `folder`, or offers the one that runs there. `address` is where one that was killed was known; any free
 * port where it is left out. Throws with the last lines of its log where it ends at once.
 */
export async function startRedis(program: RedisProgram, folder: string, address?: string): Promise<RedisServer> {
  const home = resolve(folder);
  await mkdir(home, { recursive: true, mode: 0o700 });
  const stateFile = join(home, 'redis.json');
  const known = await readPrivateJson<{ url: string; process: KnownProcess }>(stateFile);
  if (known && (await isRunning(known.process))) return serverAt(known, true, stateFile);
  const url = address ?? `redis://:${randomBytes(24).toString('hex')}@127.0.0.1:${await freePort()}`;
  const logFile = join(home, 'redis.log');
  const log = openSync(logFile, 'a', 0o600);
  const logStart = statSync(logFile).size;
  // By standard input: a password on the command line is everybody's to read.
  const child = spawn(program.path, ['-'], { cwd: home, detached: true, stdio: ['pipe', log, log] });
  closeSync(log);
  let ended: string | null = null;
  child.once('error', (error) => (ended = error.message));
  child.once('exit', (code, signal) => (ended = signal ?? `status ${code}`));
  // Where it ends at once, the exit says so.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(settings(url, home));
  child.unref();
  const started = child.pid === undefined ? null : { url, process: await knownProcess(child.pid) };
  if (started) await writePrivateJson(stateFile, started);
  const deadline = Date.now() + patience;
  while (ended === null && Date.now() < deadline) {
    if (started && (await answersRedis(url))) return serverAt(started, false, stateFile);
    await sleep(50);
  }
  if (started) await serverAt(started, false, stateFile).stop();
  throw new Error(
    `${program.description} did not start (${ended ?? 'no answer'}):\n${await logTail(logFile, logStart)}`,
  );
}

/** No snapshots, every write appended; jobs are never evicted. */
function settings(url: string, home: string): string {
  const { port, password } = new URL(url);
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(home)}`,
    'save ""',
    'appendonly yes',
    'maxmemory-policy noeviction',
    'daemonize no',
    '',
  ].join('\n');
}

function serverAt(
  { url, process }: { url: string; process: KnownProcess },
  adopted: boolean,
  stateFile: string,
): RedisServer {
  return { url, process, adopted, stop: () => stopRedis(process, stateFile) };
}

/** SIGTERM writes what is open and ends. */
export async function stopRedis(server: KnownProcess, stateFile: string): Promise<void> {
  await endProcess(server, [
    { signal: 'SIGTERM', grace: 10_000 },
    { signal: 'SIGKILL', grace: 5000 },
  ]);
  await rm(stateFile, { force: true });
}

/** Whether a server answers PING within a second. */
export async function answersRedis(url: string): Promise<boolean> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 1000,
    commandTimeout: 1000,
    // Its timer outlives a connection that was refused, and keeps this process from ending.
    disconnectTimeout: 100,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
  });
  // What goes wrong rejects the call below; without a listener it would be logged as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
