import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { MigratedDatabase } from './fixtures/migrated-database.js';
import { migratedDatabase } from './fixtures/migrated-database.js';
import type { Checkpoint, Database, StoredEvent } from './index.js';
import { ConcurrencyError, EventStore, formatCheckpoint, openDatabase, parseCheckpoint, subscribe } from './index.js';

let temporary: MigratedDatabase;
let database: Database;
let store: EventStore;

beforeAll(async () => {
  temporary = await migratedDatabase();
  database = openDatabase(temporary.url, () => undefined);
  store = new EventStore(database.prisma);
});
afterAll(async () => {
  await database.close();
  await temporary.drop();
});
beforeEach(async () => {
  await database.pool.query('TRUNCATE event, checkpoint');
});

const happened = (number: number) => ({ type: 'Happened', data: { number } });
const numbersOf = (events: StoredEvent[]) => events.map((event) => (event.data as { number: number }).number);

describe('a stream', () => {
  it('keeps events in order, with versions from 1 and what they carry', async () => {
    expect(await store.append('one', 0, [happened(1), happened(2)], { actor: 'operator' })).toEqual({ version: 2 });
    expect(await store.append('one', 2, [happened(3)])).toEqual({ version: 3 });
    const events = await store.readStream('one');
    expect(events.map((event) => event.version)).toEqual([1, 2, 3]);
    expect(numbersOf(events)).toEqual([1, 2, 3]);
    expect(events[0]).toMatchObject({
      type: 'Happened',
      stream: 'one',
      schemaVersion: 2,
      metadata: { actor: 'operator' },
    });
    expect(numbersOf(await store.readStream('one', 1))).toEqual([2, 3]);
    expect(numbersOf(await store.readStream('one', 1, 1))).toEqual([2]);
    expect(await store.readStream('two')).toEqual([]);
  });

  it('refuses a version that it has left behind or not reached, and then adds nothing', async () => {
    await store.append('one', 0, [happened(1)]);
    await expect(store.append('one', 0, [happened(2)])).rejects.toThrow(ConcurrencyError);
    await expect(store.append('one', 2, [happened(2), happened(3)])).rejects.toThrow('stream one is not at version 2');
    expect(await store.readStream('one')).toHaveLength(1);
  });

  it('lets exactly one of many writers win', async () => {
    const attempts = await Promise.allSettled(
      [1, 2, 3, 4, 5, 6].map((number) => store.append('one', 0, [happened(number)])),
    );
    const lost = attempts.flatMap((attempt) => (attempt.status === 'rejected' ? [attempt.reason] : []));
    expect(lost).toHaveLength(5);
    for (const reason of lost) expect(reason).toBeInstanceOf(ConcurrencyError);
    expect(await store.readStream('one')).toHaveLength(1);
  });
});

describe('all streams', () => {
  /** Other suites' transactions on the same server may hold readers back for a moment. */
  async function eventuallyRead(count: number, limit = 10): Promise<number[]> {
    const read: StoredEvent[] = [];
    let after: Checkpoint | null = null;
    for (let tries = 0; tries < 500 && read.length < count; tries++) {
      const batch = await store.readAll(after, limit);
      read.push(...batch);
      after = batch.at(-1)?.checkpoint ?? after;
      if (batch.length === 0) await sleep(10);
    }
    return numbersOf(read);
  }

  it('are read page by page without gaps or repetitions', async () => {
    for (let number = 1; number <= 7; number++)
      await store.append(`stream-${number % 3}`, Math.floor((number - 1) / 3), [happened(number)]);
    expect(await eventuallyRead(7, 2)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('never skip an event whose transaction commits after a later one', async () => {
    const slow = new pg.Client({ connectionString: temporary.url });
    await slow.connect();
    try {
      await slow.query('BEGIN');
      await slow.query(
        `INSERT INTO event (id, stream, version, type, schema_version, data, metadata)
         VALUES (gen_random_uuid(), 'slow', 1, 'Happened', 1, '{"number": 1}', '{}')`,
      );
      await store.append('fast', 0, [happened(2)]);
      expect(await store.readAll(null, 10)).toEqual([]);
      await slow.query('COMMIT');
      expect(await eventuallyRead(2)).toEqual([1, 2]);
    } finally {
      await slow.end();
    }
  });

  it('do not wait for a transaction that was rolled back', async () => {
    const slow = new pg.Client({ connectionString: temporary.url });
    await slow.connect();
    try {
      await slow.query(`BEGIN; SELECT pg_current_xact_id()`);
      await store.append('fast', 0, [happened(2)]);
      await slow.query('ROLLBACK');
      expect(await eventuallyRead(1)).toEqual([2]);
    } finally {
      await slow.end();
    }
  });
});

describe('checkpoints', () => {
  it('are remembered by name', async () => {
    await store.append('one', 0, [happened(1)]);
    const [event] = await store.readStream('one');
    if (!event) throw new Error('nothing was read');
    expect(await store.loadCheckpoint('reader')).toBeNull();
    await store.saveCheckpoint('reader', event.checkpoint);
    await store.saveCheckpoint('reader', event.checkpoint);
    expect(await store.loadCheckpoint('reader')).toEqual(event.checkpoint);
    expect(parseCheckpoint(formatCheckpoint(event.checkpoint))).toEqual(event.checkpoint);
    expect(parseCheckpoint('yesterday')).toBeNull();
  });
});

describe('a subscription', () => {
  it('wakes on an append, also after its connection was lost', async () => {
    let wake = (): void => undefined;
    const nextWake = () => new Promise<void>((resolve) => (wake = resolve));
    const errors: Error[] = [];
    const connected = nextWake();
    const subscription = subscribe(
      temporary.url,
      () => wake(),
      (error) => errors.push(error),
    );
    await connected;

    const notified = nextWake();
    await store.append('one', 0, [happened(1)]);
    await notified;

    const reconnected = nextWake();
    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE query = 'LISTEN fedamole_events' AND datname = current_database()`,
    );
    await reconnected;
    expect(errors).not.toHaveLength(0);

    const again = nextWake();
    await store.append('one', 1, [happened(2)]);
    await again;
    await subscription.close();
  });
});
