import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { isRunning } from '../processes.js';
import { freePort } from '../ports.js';
import type { PostgresServer } from './start-postgres.js';
import { startPostgres } from './start-postgres.js';

async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows.map((row) => Object.values(row)[0]).at(0);
  } finally {
    await client.end();
  }
}

describe('a PostgreSQL of our own', () => {
  let parent: string;
  let folder: string;
  let server: PostgresServer;

  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'postgres-'));
    await chmod(parent, 0o755);
    folder = join(parent, 'state');
    server = await startPostgres({ folder, ephemeral: true });
  });
  afterAll(async () => {
    await server.stop();
    await rm(parent, { recursive: true, force: true });
  });

  it('runs real SQL and listens on loopback only, with a password', async () => {
    expect(await query(server.url, `SHOW listen_addresses`)).toBe('127.0.0.1');
    expect(await query(server.url, `SHOW server_encoding`)).toBe('UTF8');
    expect(await query(server.url, `SHOW unix_socket_directories`)).toBe('');
    const wrong = new URL(server.url);
    wrong.password = 'guessed';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });

  it('keeps its password where only its owner can read it', async () => {
    const file = join(server.dataFolder, 'password');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(server.url).toContain((await readFile(file, 'utf8')).trim());
  });

  it('is offered again where it runs already', async () => {
    const again = await startPostgres({ folder });
    expect(again).toMatchObject({ url: server.url, pid: server.pid, adopted: true });
  });

  it('keeps its data over a stop and a new start, and stops twice like once', async () => {
    await query(server.url, 'CREATE TABLE kept AS SELECT 7 AS value');
    await server.stop();
    await server.stop();
    expect(await isRunning(server.process)).toBe(false);
    const before = server.pid;
    server = await startPostgres({ folder, ephemeral: true });
    expect(server.adopted).toBe(false);
    expect(server.pid).not.toBe(before);
    expect(await query(server.url, 'SELECT value FROM kept')).toBe(7);
  });

  it('starts again after it was killed', async () => {
    process.kill(server.pid, 'SIGKILL');
    while (await isRunning(server.process)) await new Promise((resolve) => setTimeout(resolve, 10));
    server = await startPostgres({ folder, ephemeral: true });
    expect(await query(server.url, 'SELECT value FROM kept')).toBe(7);
  });

  it('starts where the lock of a killed server names a process that is another one now', async () => {
    await server.stop();
    const lock = join(server.dataFolder, 'data', 'postmaster.pid');
    await writeFile(lock, `${process.pid}\n${join(server.dataFolder, 'data')}\n1\n5432\n\n127.0.0.1\n`);
    server = await startPostgres({ folder, ephemeral: true });
    expect(server.adopted).toBe(false);
    expect(await query(server.url, 'SELECT value FROM kept')).toBe(7);
  });

  it('refuses a port that is in use, and says which', async () => {
    const port = Number(new URL(server.url).port);
    await expect(startPostgres({ folder: join(parent, 'other'), port, ephemeral: true })).rejects.toThrow(
      `Port ${port} for PostgreSQL is in use`,
    );
  });

  it('listens on the port that it was given', async () => {
    const port = await freePort();
    const other = await startPostgres({ folder: join(parent, 'other'), port, ephemeral: true });
    try {
      expect(new URL(other.url).port).toBe(String(port));
    } finally {
      await other.stop();
    }
  });

  it('refuses data of another major version, and says both', async () => {
    await mkdir(join(parent, 'old', 'data'), { recursive: true });
    await writeFile(join(parent, 'old', 'data', 'PG_VERSION'), '12\n');
    await expect(startPostgres({ folder: join(parent, 'old') })).rejects.toThrow(
      /written by PostgreSQL 12, and this is PostgreSQL 18/,
    );
  });

  (process.getuid?.() === 0 ? it : it.skip)(
    'runs for root in a folder that nobody else can reach, and forgets the data once that folder was deleted',
    async () => {
      const hidden = join(parent, 'hidden');
      await mkdir(hidden, { mode: 0o700 });
      const first = await startPostgres({ folder: join(hidden, 'state'), ephemeral: true });
      expect(first.dataFolder).toMatch(/^\/var\/tmp\//);
      await query(first.url, 'CREATE TABLE forgotten (value int)');
      await first.stop();
      await rm(join(hidden, 'state'), { recursive: true });
      const second = await startPostgres({ folder: join(hidden, 'state'), ephemeral: true });
      expect(second.dataFolder).not.toBe(first.dataFolder);
      expect(await query(second.url, `SELECT to_regclass('forgotten')`)).toBeNull();
      await expect(stat(first.dataFolder)).rejects.toThrow('ENOENT');
      await second.stop();
      await rm(second.dataFolder, { recursive: true });
    },
  );
});
