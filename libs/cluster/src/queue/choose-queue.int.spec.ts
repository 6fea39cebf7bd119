import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { isRunning } from '../processes.js';
import type { ChosenQueue } from './choose-queue.js';
import { chooseQueue } from './choose-queue.js';
import { findRedisProgram } from './redis-program.js';

const postgres = 'postgresql://worker@127.0.0.1:1/fedamole';
const redisProgram = await findRedisProgram(process.env.PATH ?? '');

describe('the choice of a queue', () => {
  let folder: string;
  let chosen: ChosenQueue | null = null;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queue-'));
  });
  afterEach(async () => {
    await chosen?.stop();
    chosen = null;
    await rm(folder, { recursive: true, force: true });
  });

  it('is PostgreSQL where there is no Redis, and says so', async () => {
    chosen = await chooseQueue({ PATH: folder }, postgres, folder);
    expect(chosen).toMatchObject({ backend: 'postgres', env: { QUEUE_DATABASE_URL: postgres }, server: null });
    expect(chosen.description).toContain('PostgreSQL');
  });

  it('passes over a Redis that is too old', async () => {
    const old = join(folder, 'redis-server');
    await writeFile(old, '#!/bin/sh\necho "Redis server v=5.0.14 sha=00000000:0"\n');
    await chmod(old, 0o755);
    chosen = await chooseQueue({ PATH: folder }, postgres, folder);
    expect(chosen.backend).toBe('postgres');
  });

  it('refuses a REDIS_URL where nothing answers, and shows no password', async () => {
    const given = { REDIS_URL: 'redis://:secret@127.0.0.1:1', PATH: process.env.PATH };
    await expect(chooseQueue(given, postgres, folder)).rejects.toThrow(
      'REDIS_URL: no Redis answers at redis://127.0.0.1:1.',
    );
  });

  (redisProgram ? it : it.skip)('is a Redis of our own where one is on PATH, which keeps its jobs', async () => {
    const env = { PATH: process.env.PATH };
    chosen = await chooseQueue(env, postgres, join(folder, 'redis'));
    const first = chosen.server?.process;
    await withRedis(chosen, (client) => client.set('kept', 'yes'));
    const again = await chooseQueue(env, postgres, join(folder, 'redis'));
    expect(again.server?.process).toEqual(first);
    process.kill(first?.pid ?? NaN, 'SIGKILL');
    while (first && (await isRunning(first))) await new Promise((resolve) => setTimeout(resolve, 10));
    await chosen.server?.restart();
    expect(await withRedis(chosen, (client) => client.get('kept'))).toBe('yes');
    const second = chosen.server?.process;
    expect(second).not.toEqual(first);
    await chosen.stop();
    expect(second && (await isRunning(second))).toBe(false);
    chosen = await chooseQueue(env, postgres, join(folder, 'redis'));
    expect(await withRedis(chosen, (client) => client.get('kept'))).toBe('yes');
    const given = await chooseQueue({ ...chosen.env, PATH: '' }, postgres, folder);
    expect(given).toMatchObject({ backend: 'redis', env: chosen.env, server: null });
    expect(given.description).not.toContain('@');
  });
});

async function withRedis<Result>(queue: ChosenQueue, use: (client: Redis) => Promise<Result>): Promise<Result> {
  if (!('REDIS_URL' in queue.env)) throw new Error('not a Redis');
  const client = new Redis(queue.env.REDIS_URL);
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}
