/** Real trainer processes and queues, for tests. */
import { execFileSync, fork, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { QueueSettings } from '@fedamole/queues';
import pg from 'pg';

export interface TestQueue {
  readonly settings: QueueSettings;
  /** Of the processes that use it. */
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function postgresQueue(): Promise<TestQueue> {
  const connectionString = process.env['TEST_POSTGRES_URL'] ?? '';
  const schema = `trainer_${randomUUID().replaceAll('-', '')}`;
  return {
    settings: { backend: 'postgres', connectionString, schema },
    environment: { QUEUE_DATABASE_URL: connectionString, QUEUE_SCHEMA: schema },
    async close() {
      const client = new pg.Client({ connectionString });
      await client.connect();
      await client.query(`DROP SCHEMA ${schema} CASCADE`);
      await client.end();
    },
  };
}

export const redisServer = ['redis-server', 'valkey-server'].find((name) => {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

export async function redisQueue(): Promise<TestQueue> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'));
  const url = `redis://127.0.0.1:${await freePort()}`;
  const options = ['--port', new URL(url).port, '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const server = spawn(redisServer ?? '', options, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of server.stdout) if (String(line).includes('Ready to accept')) break;
  return {
    settings: { backend: 'redis', url, prefix: 'fedamole' },
    environment: { REDIS_URL: url },
    async close() {
      server.kill();
      await once(server, 'exit');
      await rm(folder, { recursive: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface TrainerProcess {
  readonly log: () => string;
  /** Resolves with the exit status; null where a signal ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Resolves once it takes jobs. */
export async function startTrainerProcess(environment: Readonly<Record<string, string>>): Promise<TrainerProcess> {
  for (const folder of ['WEIGHTS_FOLDER', 'MODELS_CACHE_FOLDER'])
    await mkdir(environment[folder] ?? '', { recursive: true });
  const main = fileURLToPath(new URL('./main.js', import.meta.url));
  const options = { env: { PATH: process.env['PATH'], ...environment }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] };
  const child = fork(main, [], options as Parameters<typeof fork>[2] & object);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => (log += String(part)));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await Promise.race([
    once(child, 'message'),
    exit.then((status) => Promise.reject(new Error(`the trainer ended with status ${status}: ${log}`))),
  ]);
  return {
    log: () => log,
    kill(signal) {
      child.kill(signal);
      return exit;
    },
  };
}

/** Looks until there is something; throws after a minute. */
export async function eventually<Value>(look: () => Promise<Value | null | undefined>): Promise<Value> {
  for (let tries = 0; tries < 1200; tries++) {
    const value = await look();
    if (value !== null && value !== undefined) return value;
    await sleep(50);
  }
  throw new Error('it did not happen within a minute');
}
