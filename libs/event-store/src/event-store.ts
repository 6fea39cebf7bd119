/**
 * Streams of events in one Postgres table. Appending names the version that the writer has seen, so that two writers
 * never decide on the same state. Readers of all streams follow (transaction, position) and stay below the oldest
 * transaction that still runs: positions become visible out of order, and what is skipped once would be skipped for good.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { checkpointQueries } from './checkpoints.js';
import type { Checkpoint, EventMetadata, NewEvent, StoredEvent } from './stored-event.js';
import { ConcurrencyError } from './stored-event.js';

/** Notified on every append. A wake-up and nothing more: it may be lost, and it comes before readers may see the event. */
export const eventsChannel = 'fedamole_events';

const currentSchemaVersion = 1;
const uniqueViolation = '23505';

const columns = `id, stream, version, type, schema_version, data, metadata, recorded_at, transaction_id, position`;

const appendEvents = `
  WITH head AS (SELECT coalesce(max(version), 0) AS version FROM event WHERE stream = $1),
  added AS (
    INSERT INTO event (id, stream, version, type, schema_version, data, metadata)
    SELECT item.id, $1, $2 + item.number, item.type, $6, item.data::jsonb, $7::jsonb
    FROM head, unnest($3::uuid[], $4::text[], $5::text[]) WITH ORDINALITY AS item (id, type, data, number)
    WHERE head.version = $2
    ORDER BY item.number
    RETURNING version
  )
  SELECT max(version) AS version, pg_notify('${eventsChannel}', $1) FROM added`;

const readOneStream = `
  SELECT ${columns} FROM event WHERE stream = $1 AND version > $2 ORDER BY version LIMIT $3`;

const readAllStreams = `
  SELECT ${columns} FROM event
  WHERE (transaction_id, position) > ($1::xid8, $2)
    AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
  ORDER BY transaction_id, position LIMIT $3`;

interface EventRow {
  id: string;
  stream: string;
  version: number;
  type: string;
  schema_version: number;
  data: unknown;
  metadata: EventMetadata;
  recorded_at: Date;
  transaction_id: string;
  position: string;
}

export class EventStore {
  constructor(private readonly pool: pg.Pool) {}

  /**
   * Adds all events or none. `expectedVersion` is the version of the stream's last event as the writer has seen it, 0
   * for a stream that is not there yet. Throws a ConcurrencyError where the stream has moved on.
   */
  async append(
    stream: string,
    expectedVersion: number,
    events: readonly NewEvent[],
    metadata: EventMetadata = {},
  ): Promise<{ version: number }> {
    if (events.length === 0) return { version: expectedVersion };
    try {
      const { rows } = await this.pool.query<{ version: number | null }>(appendEvents, [
        stream,
        expectedVersion,
        events.map(() => randomUUID()),
        events.map(({ type }) => type),
        events.map(({ data }) => JSON.stringify(data)),
        currentSchemaVersion,
        JSON.stringify(metadata),
      ]);
      const version = rows[0]?.version ?? null;
      if (version === null) throw new ConcurrencyError(stream, expectedVersion);
      return { version };
    } catch (error) {
      if (isUniqueViolation(error)) throw new ConcurrencyError(stream, expectedVersion);
      throw error;
    }
  }

  /** Events of one stream after a version, in order; none where there is no such stream. */
  async readStream(stream: string, afterVersion = 0, limit: number | null = null): Promise<StoredEvent[]> {
    const { rows } = await this.pool.query<EventRow>(readOneStream, [stream, afterVersion, limit]);
    return rows.map(asStoredEvent);
  }

  /** Events of all streams after a checkpoint, at most `limit`, in the order in which every reader sees them. */
  async readAll(after: Checkpoint | null, limit: number): Promise<StoredEvent[]> {
    const parameters = [after?.transactionId ?? '0', after?.position ?? '0', limit];
    const { rows } = await this.pool.query<EventRow>(readAllStreams, parameters);
    return rows.map(asStoredEvent);
  }

  /** How far the reader of that name has come; null before its first event. */
  async loadCheckpoint(name: string): Promise<Checkpoint | null> {
    return checkpointQueries.load(this.pool, name);
  }

  async saveCheckpoint(name: string, checkpoint: Checkpoint): Promise<void> {
    await checkpointQueries.save(this.pool, name, checkpoint);
  }
}

function asStoredEvent(row: EventRow): StoredEvent {
  return {
    id: row.id,
    stream: row.stream,
    version: row.version,
    type: row.type,
    schemaVersion: row.schema_version,
    data: row.data,
    metadata: row.metadata,
    recordedAt: row.recorded_at,
    checkpoint: { transactionId: row.transaction_id, position: row.position },
  };
}

function isUniqueViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === uniqueViolation;
}
