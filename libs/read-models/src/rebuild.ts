/**
 * Builds the read models again beside the ones in use: the same tables in a schema of their own are filled from the first
 * event on, while reads answer from the old rows and go on being kept up to date. One transaction then puts the new rows
 * in the place of the old ones. Whatever dies before that transaction commits has changed nothing that anybody reads.
 */
import type { Database, EventStore } from '@fedamole/event-store';
import { onOwnConnection } from '@fedamole/event-store';
import type pg from 'pg';
import type { ProjectionTarget } from './project-events.js';
import { projectEvents } from './project-events.js';
import { projectionsVersion, tables } from './projections.js';

const schema = 'read_models_rebuild';
const checkpoint = 'read-models-rebuild';
/** Names the lock within the database: the bytes of "rebu". It goes with the connection of whoever rebuilds. */
const lockKey = 0x72_65_62_75;

export interface RebuildOptions {
  /** Ends it between two batches, with nothing changed. */
  readonly signal?: AbortSignal;
}

/** One rebuild at a time. */
export class RebuildRunningError extends Error {
  override readonly name = 'RebuildRunningError';

  constructor() {
    super('the read models are being rebuilt already');
  }
}

export async function rebuildReadModels(
  database: Database,
  store: EventStore,
  liveCheckpoint: string,
  { signal }: RebuildOptions,
): Promise<void> {
  // The lock and whatever transaction is left go with the connection.
  await onOwnConnection(database, async (client) => {
    const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [lockKey]);
    if (!rows[0]?.taken) throw new RebuildRunningError();
    await makeTables(client);
    const target = { prisma: database.inSchema(schema), schema, checkpoint };
    while ((await projectEvents(target, store)) > 0) signal?.throwIfAborted();
    await swap(client, target, store, liveCheckpoint);
  });
}

/** Position that a running rebuild has come to; null while none runs. */
export async function rebuildProgress({ pool }: Database): Promise<number | null> {
  const { rows } = await pool.query<{ position: string }>(
    `SELECT coalesce((SELECT position FROM checkpoint WHERE name = $1), 0)::text AS position FROM pg_locks
     WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = $2
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    [checkpoint, lockKey],
  );
  return rows[0] ? Number(rows[0].position) : null;
}

async function makeTables(client: pg.PoolClient): Promise<void> {
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
  await client.query(`CREATE SCHEMA ${schema}`);
  for (const table of tables) await client.query(`CREATE TABLE ${schema}.${table} (LIKE ${table} INCLUDING ALL)`);
  await client.query('DELETE FROM checkpoint WHERE name = $1', [checkpoint]);
}

/** Rows are deleted rather than truncated: whoever reads meanwhile sees the old ones until the new ones are there. */
async function swap(
  client: pg.PoolClient,
  target: ProjectionTarget,
  store: EventStore,
  liveCheckpoint: string,
): Promise<void> {
  await client.query('BEGIN');
  await client.query('INSERT INTO checkpoint (name, position, version) VALUES ($1, 0, $2) ON CONFLICT DO NOTHING', [
    liveCheckpoint,
    projectionsVersion,
  ]);
  await client.query('SELECT 1 FROM checkpoint WHERE name = $1 FOR UPDATE', [liveCheckpoint]);
  // The old rows stand still now; what they are ahead is made up for.
  while ((await projectEvents(target, store)) > 0);
  for (const table of [...tables].reverse()) await client.query(`DELETE FROM ${table}`);
  for (const table of tables) await client.query(`INSERT INTO ${table} SELECT * FROM ${schema}.${table}`);
  await client.query(
    `UPDATE checkpoint SET version = $2, position =
       coalesce((SELECT position FROM checkpoint WHERE name = $3), 0) WHERE name = $1`,
    [liveCheckpoint, projectionsVersion, checkpoint],
  );
  await client.query('DELETE FROM checkpoint WHERE name = $1', [checkpoint]);
  await client.query(`DROP SCHEMA ${schema} CASCADE`);
  await client.query('COMMIT');
}
