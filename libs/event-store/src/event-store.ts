/**
 * Streams of events in one Postgres table. Appending names the version that the writer has seen, so that two writers
 * never decide on the same state.
 *
 * An append holds the lock on the log's head from its first event until it has committed (the trigger `chain_event`), so
 * positions become visible in their order: whoever sees an event sees all before it. A reader of all streams needs to
 * know the last position that it saw and nothing of running transactions.
 */
import { randomUUID } from 'node:crypto';
import { currentSchemaVersion } from './upcasts.js';
import { Prisma, type PrismaClient } from './generated/client.js';
import type { Appended } from './idempotency.js';
import { IdempotencyKeyReusedError, withCommandDigest } from './idempotency.js';
import type { Checkpoint, EventMetadata, NewEvent, StoredEvent } from './stored-event.js';
import { ConcurrencyError } from './stored-event.js';

/** Notified on every append. A wake-up and nothing more: it may be lost. */
export const eventsChannel = 'fedamole_events';

/** Prisma's driver gives no bigint that is safe in JSON: positions come as text. */
const columns = Prisma.sql`
  id, stream, version, type, schema_version, data, metadata, recorded_at, position::text AS position`;

interface EventRow {
  id: string;
  stream: string;
  version: number;
  type: string;
  schema_version: number;
  data: unknown;
  metadata: EventMetadata;
  recorded_at: Date;
  position: string;
}

export class EventStore {
  constructor(private readonly prisma: PrismaClient) {}

  /**
   * Adds all events or none. `expectedVersion` is the version of the stream's last event as the writer has seen it, 0
   * for a stream that is not there yet. Under an idempotency key that the log knows, it adds nothing and answers what was
   * added then.
   *
   * @throws ConcurrencyError where the stream has moved on
   * @throws IdempotencyKeyReusedError where the key stands for another command
   */
  async append(
    stream: string,
    expectedVersion: number,
    events: readonly NewEvent[],
    metadata: EventMetadata = {},
  ): Promise<Appended> {
    if (events.length === 0) return { stream, version: expectedVersion, events: 0, repeated: false };
    const identified = withCommandDigest(stream, events, metadata);
    const earlier = await this.appendedUnder(identified);
    if (earlier) return earlier;
    const version = await this.insert(stream, expectedVersion, events, identified);
    if (version !== null) return { stream, version, events: events.length, repeated: false };
    // Another writer was first: with the same command, or with another one on the same stream.
    const meanwhile = await this.appendedUnder(identified);
    if (meanwhile) return meanwhile;
    throw new ConcurrencyError(stream, expectedVersion);
  }

  /**
   * What the command with this idempotency key has come to; null without a key, and where it has added nothing yet.
   *
   * @throws IdempotencyKeyReusedError where the key stands for another command
   */
  async appendedUnder({ idempotencyKey, commandDigest }: EventMetadata): Promise<Appended | null> {
    if (idempotencyKey === undefined) return null;
    const [found] = await this.prisma.$queryRaw<
      { stream: string; version: number; events: number; command_digest: string }[]
    >`
      SELECT event.stream, max(event.version) AS version, count(*)::int AS events,
        min(event.metadata ->> 'commandDigest') AS command_digest
      FROM event JOIN event AS first ON event.stream = first.stream AND event.version >= first.version
      WHERE first.idempotency_key = ${idempotencyKey} AND event.metadata ->> 'idempotencyKey' = ${idempotencyKey}
      GROUP BY event.stream`;
    if (!found) return null;
    const { stream, version, events } = found;
    if (found.command_digest !== commandDigest) throw new IdempotencyKeyReusedError(idempotencyKey, stream, version);
    return { stream, version, events, repeated: true };
  }

  /** Events of one stream after a version, in order; none where there is no such stream. */
  async readStream(stream: string, afterVersion = 0, limit: number | null = null): Promise<StoredEvent[]> {
    const rows = await this.prisma.$queryRaw<EventRow[]>`
      SELECT ${columns} FROM event WHERE stream = ${stream} AND version > ${afterVersion}::int
      ORDER BY version LIMIT ${limit}::bigint`;
    return rows.map(asStoredEvent);
  }

  /** The version that a stream had once the event of that identifier, of any stream, was recorded; null where there is no such event. */
  async versionAsOf(stream: string, eventId: string): Promise<number | null> {
    const [row] = await this.prisma.$queryRaw<{ version: number }[]>`
      SELECT coalesce((SELECT max(version) FROM event WHERE stream = ${stream} AND position <= named.position), 0) AS version
      FROM event AS named WHERE named.id = ${eventId}::uuid`;
    return row?.version ?? null;
  }

  /** Events of all streams after a checkpoint, at most `limit`, in the order in which every reader sees them. */
  async readAll(after: Checkpoint | null, limit: number): Promise<StoredEvent[]> {
    const rows = await this.prisma.$queryRaw<EventRow[]>`
      SELECT ${columns} FROM event WHERE event.position > ${after?.position ?? '0'}::text::bigint
      ORDER BY event.position LIMIT ${limit}::bigint`;
    return rows.map(asStoredEvent);
  }

  /** How far the reader of that name has come; null before its first event. */
  async loadCheckpoint(name: string): Promise<Checkpoint | null> {
    const [row] = await this.prisma.$queryRaw<{ position: string }[]>`
      SELECT position::text AS position FROM checkpoint WHERE name = ${name}`;
    return row === undefined ? null : { position: row.position };
  }

  async saveCheckpoint(name: string, { position }: Checkpoint): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO checkpoint (name, position) VALUES (${name}, ${position}::text::bigint)
      ON CONFLICT (name) DO UPDATE SET position = excluded.position`;
  }

  /** Returns the version of the last event; null where the stream is at another version, or the key is taken. */
  private async insert(
    stream: string,
    expectedVersion: number,
    events: readonly NewEvent[],
    metadata: EventMetadata,
  ): Promise<number | null> {
    const ids = events.map(() => randomUUID());
    const types = events.map(({ type }) => type);
    const data = events.map((event) => JSON.stringify(event.data));
    try {
      const [added] = await this.prisma.$queryRaw<{ version: number | null }[]>`
        WITH head AS (SELECT coalesce(max(version), 0) AS version FROM event WHERE stream = ${stream}),
        added AS (
          INSERT INTO event (id, stream, version, type, schema_version, data, metadata, idempotency_key)
          SELECT item.id, ${stream}, ${expectedVersion}::int + item.number, item.type, ${currentSchemaVersion}::int,
            item.data::jsonb, ${JSON.stringify(metadata)}::jsonb,
            CASE item.number WHEN 1 THEN ${metadata.idempotencyKey ?? null}::text END
          FROM head, unnest(${ids}::uuid[], ${types}::text[], ${data}::text[]) WITH ORDINALITY AS item (id, type, data, number)
          WHERE head.version = ${expectedVersion}::int
          ORDER BY item.number
          RETURNING version
        )
        SELECT max(version) AS version, pg_notify(${eventsChannel}, ${stream})::text AS notified FROM added`;
      return added?.version ?? null;
    } catch (error) {
      if (isUniqueViolation(error)) return null;
      throw error;
    }
  }
}

function asStoredEvent({ schema_version, recorded_at, position, ...row }: EventRow): StoredEvent {
  return { ...row, schemaVersion: schema_version, recordedAt: recorded_at, checkpoint: { position } };
}

/** Another writer's events of the same versions or key were there first (P2002, or as a raw query says it). */
function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  return error.code === 'P2002' || JSON.stringify(error.meta ?? {}).includes('23505');
}
