/**
 * The platform's database and its two roles: the api owns the database; a worker sees the queue's schema and nothing
 * else, so that what runs beside clients' data has no access to the event store.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import pg from 'pg';
import { readPrivateJson, writePrivateJson } from './private-json.js';

/** The database, and the role that owns it. */
const database = 'fedamole';
const workerRole = 'fedamole_worker';
/** QUEUE_SCHEMA's default. */
const queueSchema = 'bullmq';

export interface PlatformDatabase {
  apiUrl: string;
  workerUrl: string;
}

/** Makes what is missing of it. The roles' passwords are kept in `stateFolder`, readable by its owner only. */
export async function preparePlatformDatabase(superuserUrl: string, stateFolder: string): Promise<PlatformDatabase> {
  const file = join(stateFolder, 'database-roles.json');
  const kept = await readPrivateJson<{ api: string; worker: string }>(file);
  const passwords = kept ?? { api: newPassword(), worker: newPassword() };
  if (!kept) await writePrivateJson(file, passwords);
  await withClient(superuserUrl, async (client) => {
    await makeRole(client, database, passwords.api);
    await makeRole(client, workerRole, passwords.worker);
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${database} OWNER ${database}`);
  });
  await withClient(urlOf(superuserUrl, 'postgres', null), grantQueue);
  return {
    apiUrl: urlOf(superuserUrl, database, passwords.api),
    workerUrl: urlOf(superuserUrl, workerRole, passwords.worker),
  };
}

/** The queue's tables are made later, by the api: what they grant is set beforehand. */
async function grantQueue(client: pg.Client): Promise<void> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${queueSchema} AUTHORIZATION ${database}`);
  await client.query(`GRANT USAGE ON SCHEMA ${queueSchema} TO ${workerRole}`);
  await client.query(`REVOKE ALL ON SCHEMA public FROM PUBLIC`);
  for (const kind of ['TABLES', 'SEQUENCES', 'FUNCTIONS']) {
    await client.query(
      `ALTER DEFAULT PRIVILEGES FOR ROLE ${database} IN SCHEMA ${queueSchema} GRANT ALL ON ${kind} TO ${workerRole}`,
    );
    await client.query(`GRANT ALL ON ALL ${kind} IN SCHEMA ${queueSchema} TO ${workerRole}`);
  }
}

/** Passwords are hexadecimal digits and names are constants, so neither needs quoting. */
async function makeRole(client: pg.Client, name: string, password: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  await client.query(`${rowCount === 0 ? 'CREATE' : 'ALTER'} ROLE ${name} LOGIN PASSWORD '${password}'`);
}

async function withClient(url: string, use: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}

/** The same server's platform database, as another role; as the superuser itself where `password` is null. */
function urlOf(superuserUrl: string, role: string, password: string | null): string {
  const url = new URL(superuserUrl);
  url.pathname = `/${database}`;
  if (password !== null) {
    url.username = role;
    url.password = password;
  }
  return url.href;
}

const newPassword = (): string => randomBytes(24).toString('hex');
