/** Databases as a whole: whether one answers, making and dropping one, and the shadow database of `migrate dev`. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { connect } from './connection.mjs';

export async function probeDatabase(url) {
  await withClient(url, () => undefined);
}

/** What Postgres answers where another deployment made the database first: before, or at the same moment. */
const alreadyThere = ['42P04', '23505'];

/** Returns the name of the database that is there now. */
export async function createDatabase(url) {
  const name = databaseOf(url);
  await withClient(maintenanceUrl(url), async (client) => {
    try {
      await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
    } catch (error) {
      if (!alreadyThere.includes(error.code)) throw error;
    }
  });
  return name;
}

export async function dropDatabase(url) {
  const name = databaseOf(url);
  await withClient(maintenanceUrl(url), (client) =>
    client.query(`DROP DATABASE IF EXISTS ${client.escapeIdentifier(name)} WITH (FORCE)`),
  );
}

/** A connection to an empty database beside that of `url`, which disappears with the connection. */
export async function connectToShadowDatabase(url) {
  const shadow = new URL(url);
  shadow.pathname = `/prisma_migrate_shadow_db_${randomUUID()}`;
  await createDatabase(shadow.href);
  const connection = await connect(shadow.href);
  const dispose = connection.dispose.bind(connection);
  connection.dispose = async () => {
    await dispose();
    await dropDatabase(shadow.href);
  };
  return connection;
}

const databaseOf = (url) => decodeURIComponent(new URL(url).pathname.slice(1));

/** Databases are made and dropped from within another one; every server has `postgres`. */
function maintenanceUrl(url) {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  maintenance.search = '';
  return maintenance.href;
}

async function withClient(connectionString, use) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
