import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { PlatformDatabase } from './platform-database.js';
import { preparePlatformDatabase } from './platform-database.js';
import type { PostgresServer } from './postgres/start-postgres.js';
import { startPostgres } from './postgres/start-postgres.js';

describe("the platform's database", () => {
  let folder: string;
  let server: PostgresServer;
  let database: PlatformDatabase;

  const run = async (url: string, sql: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'database-'));
    server = await startPostgres({ folder: join(folder, 'postgres'), ephemeral: true });
    database = await preparePlatformDatabase(server.url, folder);
    await run(database.apiUrl, 'CREATE TABLE events (data text)');
    await run(database.apiUrl, 'CREATE TABLE bullmq.job (id serial PRIMARY KEY, data text)');
  });
  afterAll(async () => {
    await server.stop();
    await rm(server.dataFolder, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  });

  it('lets a worker use the queue', async () => {
    await run(database.workerUrl, `INSERT INTO bullmq.job (data) VALUES ('a')`);
    expect(await run(database.workerUrl, 'SELECT data FROM bullmq.job')).toEqual([{ data: 'a' }]);
  });

  it('keeps a worker from the events and from making anything', async () => {
    await expect(run(database.workerUrl, 'SELECT * FROM public.events')).rejects.toThrow('permission denied');
    await expect(run(database.workerUrl, 'CREATE TABLE public.mine (data text)')).rejects.toThrow('permission denied');
    await expect(run(database.workerUrl, 'CREATE TABLE bullmq.mine (data text)')).rejects.toThrow('permission denied');
  });

  it('is the same when it is prepared again', async () => {
    expect(await preparePlatformDatabase(server.url, folder)).toEqual(database);
    expect(await run(database.apiUrl, 'SELECT count(*)::int AS jobs FROM bullmq.job')).toEqual([{ jobs: 1 }]);
    expect((await stat(join(folder, 'database-roles.json'))).mode & 0o777).toBe(0o600);
  });
});
