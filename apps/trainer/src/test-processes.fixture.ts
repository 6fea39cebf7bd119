/** Real trainer processes and queues, for tests. */
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { QueueSettings } from '@fedamole/queues';
import { startTestRedis } from '@fedamole/queues/fixtures';
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

export async function redisQueue(): Promise<TestQueue> {
  const { url, stop } = await startTestRedis();
  return { settings: { backend: 'redis', url, prefix: 'fedamole' }, environment: { REDIS_URL: url }, close: stop };
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
