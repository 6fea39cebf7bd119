/**
 * Events as lines of JSON that PostgreSQL writes and reads: numbers keep every digit, as they went into the hashes. The
 * table's own trigger computes positions and hashes anew when lines are added, and they must come to the same end.
 */
import type { LogEnd } from '@fedamole/event-store';
import type pg from 'pg';

const pageSize = 500;
/** Characters of one INSERT; an event may be larger. */
const batchSize = 4_000_000;

/** The events of the transaction's snapshot, in the order of their positions. */
export async function* readLines(client: pg.PoolClient): AsyncGenerator<string> {
  let after = '0';
  for (;;) {
    const { rows } = await client.query<{ position: string; line: string }>(
      `SELECT position::text AS position, jsonb_build_object(
         'position', position, 'id', id, 'stream', stream, 'version', version, 'type', type,
         'schema_version', schema_version, 'data', data, 'metadata', metadata, 'recorded_at', recorded_at,
         'idempotency_key', idempotency_key)::text AS line
       FROM event WHERE event.position > $1 ORDER BY event.position LIMIT $2`,
      [after, pageSize],
    );
    for (const { line } of rows) yield line;
    after = rows.at(-1)?.position ?? after;
    if (rows.length < pageSize) return;
  }
}

/** Adds lines to a log without events. Logs from before the chain have gaps: the head is moved over them. */
export async function addLines(client: pg.PoolClient, lines: AsyncIterable<string>): Promise<void> {
  let batch: string[] = [];
  let size = 0;
  let previous = 0;
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await insert(client, batch);
    batch = [];
    size = 0;
  };
  for await (const line of lines) {
    const { position } = JSON.parse(line) as { position: number };
    if (position !== previous + 1) {
      await flush();
      await client.query('UPDATE event_head SET position = $1', [position - 1]);
    }
    batch.push(line);
    size += line.length;
    previous = position;
    if (size > batchSize) await flush();
  }
  await flush();
}

export async function logEnd(client: pg.PoolClient): Promise<LogEnd> {
  const { rows } = await client.query<LogEnd>(
    `SELECT position::text AS position, encode(hash, 'hex') AS hash FROM event_head`,
  );
  const [end] = rows;
  if (!end) throw new Error("the log's head is missing");
  return end;
}

async function insert(client: pg.PoolClient, lines: readonly string[]): Promise<void> {
  await client.query(
    `INSERT INTO event (id, stream, version, type, schema_version, data, metadata, recorded_at, idempotency_key)
     SELECT id, stream, version, type, schema_version, data, metadata, recorded_at, idempotency_key
     FROM jsonb_to_recordset($1::jsonb) AS line (position bigint, id uuid, stream text, version int, type text,
       schema_version int, data jsonb, metadata jsonb, recorded_at timestamptz, idempotency_key text)
     ORDER BY line.position`,
    [`[${lines.join(',')}]`],
  );
}
