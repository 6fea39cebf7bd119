/**
 * Streams of events in one Postgres table. Appending names the version that the writer has seen, so that two writers
 * never decide on the same state. Readers of all streams follow (transaction, position) and stay below the oldest
 * transaction that still runs: positions become visible out of order, and what is skipped once would be skipped for good.
 */
import { randomUUID } from 'node:crypto';
import { Prisma, type PrismaClient } from './generated/client.js';
import type { Checkpoint, EventMetadata, NewEvent, StoredEvent } from './stored-event.js';
import { ConcurrencyError } from './stored-event.js';

/** Notified on every append. A wake-up and nothing more: it may be lost, and it comes before readers may see the event. */
export const eventsChannel = 'fedamole_events';

/** 2: results tell perplexity and choice accuracy (`upcastMetrics`). */
const currentSchemaVersion = 2;

/** Prisma knows no xid8, and its driver no bigint that is safe in JSON: both come as text. */
const columns = Prisma.sql`
  id, stream, version, type, schema_version, data, metadata, recorded_at,
  transaction_id::text AS transaction_id, position::text AS position`;

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
  constructor(private readonly prisma: PrismaClient) {}

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
    const ids = events.map(() => randomUUID());
    const types = events.map(({ type }) => type);
    const data = events.map((event) => JSON.stringify(event.data));
    try {
      const [added] = await this.prisma.$queryRaw<{ version: number | null }[]>`
        WITH head AS (SELECT coalesce(max(version), 0) AS version FROM event WHERE stream = ${stream}),
        added AS (
          INSERT INTO event (id, stream, version, type, schema_version, data, metadata)
          SELECT item.id, ${stream}, ${expectedVersion}::int + item.number, item.type, ${currentSchemaVersion}::int,
            item.data::jsonb, ${JSON.stringify(metadata)}::jsonb
          FROM head, unnest(${ids}::uuid[], ${types}::text[], ${data}::text[]) WITH ORDINALITY AS item (id, type, data, number)
          WHERE head.version = ${expectedVersion}::int
          ORDER BY item.number
          RETURNING version
        )
        SELECT max(version) AS version, pg_notify(${eventsChannel}, ${stream})::text AS notified FROM added`;
      const version = added?.version ?? null;
      if (version === null) throw new ConcurrencyError(stream, expectedVersion);
      return { version };
    } catch (error) {
      if (isUniqueViolation(error)) throw new ConcurrencyError(stream, expectedVersion);
      throw error;
    }
  }

  /** Events of one stream after a version, in order; none where there is no such stream. */
  async readStream(stream: string, afterVersion = 0, limit: number | null = null): Promise<StoredEvent[]> {
    const rows = await this.prisma.$queryRaw<EventRow[]>`
      SELECT ${columns} FROM event WHERE stream = ${stream} AND version > ${afterVersion}::int
      ORDER BY version LIMIT ${limit}::bigint`;
    return rows.map(asStoredEvent);
  }

  /** Events of all streams after a checkpoint, at most `limit`, in the order in which every reader sees them. */
  async readAll(after: Checkpoint | null, limit: number): Promise<StoredEvent[]> {
    const { transactionId, position } = after ?? { transactionId: '0', position: '0' };
    const rows = await this.prisma.$queryRaw<EventRow[]>`
      SELECT ${columns} FROM event
      WHERE (event.transaction_id, event.position) > (${transactionId}::text::xid8, ${position}::text::bigint)
        AND event.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY event.transaction_id, event.position LIMIT ${limit}::bigint`;
    return rows.map(asStoredEvent);
  }

  /** How far the reader of that name has come; null before its first event. */
  async loadCheckpoint(name: string): Promise<Checkpoint | null> {
    const [row] = await this.prisma.$queryRaw<{ transaction_id: string; position: string }[]>`
      SELECT transaction_id::text AS transaction_id, position::text AS position FROM checkpoint WHERE name = ${name}`;
    return row === undefined ? null : { transactionId: row.transaction_id, position: row.position };
  }

  async saveCheckpoint(name: string, { transactionId, position }: Checkpoint): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO checkpoint (name, transaction_id, position)
      VALUES (${name}, ${transactionId}::text::xid8, ${position}::text::bigint)
      ON CONFLICT (name) DO UPDATE SET transaction_id = excluded.transaction_id, position = excluded.position`;
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

/** Another writer's events of the same versions were there first (P2002, or as a raw query says it). */
function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return error.code === 'P2002' || JSON.stringify(error.meta ?? {}).includes('23505');
}
