import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { emptyLog } from './fixtures/empty-log.js';
import type { MigratedDatabase } from './fixtures/migrated-database.js';
import { migratedDatabase } from './fixtures/migrated-database.js';
import type { Checkpoint, Database, StoredEvent } from './index.js';
import {
  ConcurrencyError,
  EventStore,
  formatCheckpoint,
  IdempotencyKeyReusedError,
  openDatabase,
  parseCheckpoint,
  subscribe,
} from './index.js';

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
  await emptyLog(database);
});

const happened = (number: number) => ({ type: 'Happened', data: { number } });
const numbersOf = (events: StoredEvent[]) => events.map((event) => (event.data as { number: number }).number);

describe('a stream', () => {
  it('keeps events in order, with versions from 1 and what they carry', async () => {
    expect(await store.append('one', 0, [happened(1), happened(2)], { actor: 'operator' })).toMatchObject({
      version: 2,
    });
    expect(await store.append('one', 2, [happened(3)])).toMatchObject({ version: 3, repeated: false });
    const events = await store.readStream('one');
    expect(events.map((event) => event.version)).toEqual([1, 2, 3]);
    expect(numbersOf(events)).toEqual([1, 2, 3]);
    expect(events[0]).toMatchObject({
      type: 'Happened',
      stream: 'one',
      schemaVersion: 3,
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

describe('an idempotency key', () => {
  const metadata = { idempotencyKey: 'once', actor: 'operator' };

  it('lets a command be appended again, and adds nothing then', async () => {
    const first = await store.append('one', 0, [happened(1), happened(2)], metadata);
    await store.append('one', 2, [happened(3)], { actor: 'operator' });
    expect(await store.append('one', 0, [happened(1), happened(2)], metadata)).toEqual({ ...first, repeated: true });
    expect(await store.appendedUnder({ idempotencyKey: 'never' })).toBeNull();
    expect(numbersOf(await store.readStream('one'))).toEqual([1, 2, 3]);
  });

  it('is refused by name for another command, on the same stream or another', async () => {
    await store.append('one', 0, [happened(1)], metadata);
    for (const [stream, version] of [['one', 1] as const, ['two', 0] as const]) {
      const reused = store.append(stream, version, [happened(2)], metadata);
      await expect(reused).rejects.toThrow(IdempotencyKeyReusedError);
      await expect(reused).rejects.toThrow(
        '"once" stands for another command already, which led to version 1 of stream one',
      );
    }
    expect(await store.readAll(null, 10)).toHaveLength(1);
  });

  it('lets one of many writers add, and tells the others what it added', async () => {
    const command = { ...metadata, commandDigest: 'the same request' };
    const appended = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((number) => store.append(`stream-${number}`, 0, [happened(number)], command)),
    );
    const events = await store.readAll(null, 10);
    expect(events).toHaveLength(1);
    expect(new Set(appended.map(({ stream }) => stream))).toEqual(new Set([events[0]?.stream]));
    expect(appended.filter(({ repeated }) => repeated)).toHaveLength(5);
  });
});

describe('all streams', () => {
  it('are read page by page without gaps or repetitions', async () => {
    for (let number = 1; number <= 7; number++)
      await store.append(`stream-${number % 3}`, Math.floor((number - 1) / 3), [happened(number)]);
    const read: StoredEvent[] = [];
    let after: Checkpoint | null = null;
    for (let page = await store.readAll(after, 2); page.length > 0; page = await store.readAll(after, 2)) {
      read.push(...page);
      after = page.at(-1)?.checkpoint ?? null;
    }
    expect(numbersOf(read)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('skip and repeat nothing while many write, some of them slowly', async () => {
    let writing = true;
    const followed = (async () => {
      const positions: string[] = [];
      const finalLook = async (): Promise<boolean> => {
        const last = !writing;
        const page = await store.readAll(positions.length > 0 ? { position: positions.at(-1) ?? '' } : null, 7);
        positions.push(...page.map(({ checkpoint }) => checkpoint.position));
        return last && page.length === 0;
      };
      while (!(await finalLook()));
      return positions;
    })();
    const writers = [1, 2, 3, 4].map(async (writer) => {
      for (let version = 0; version < 25; version++)
        await store.append(`writer-${writer}`, version, [happened(version)]);
    });
    const slowWriters = [1, 2].map(async (writer) => {
      for (let version = 1; version <= 5; version++) await slowAppend(`slow-${writer}`, version, 'COMMIT');
      await slowAppend(`slow-${writer}`, 6, 'ROLLBACK');
    });
    await Promise.all([...writers, ...slowWriters]);
    writing = false;
    expect(await followed).toEqual(Array.from({ length: 110 }, (_, index) => String(index + 1)));
  });

  it('wait for no transaction that writes something else', async () => {
    const other = new pg.Client({ connectionString: temporary.url });
    await other.connect();
    try {
      await other.query(`BEGIN; SELECT pg_current_xact_id()`);
      await store.append('fast', 0, [happened(2)]);
      expect(await store.readAll(null, 10)).toHaveLength(1);
    } finally {
      await other.end();
    }
  });

  /** An event whose transaction takes its time to end. */
  async function slowAppend(stream: string, version: number, ending: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const client = new pg.Client({ connectionString: temporary.url });
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query(
        `INSERT INTO event (id, stream, version, type, schema_version, data, metadata)
         VALUES (gen_random_uuid(), $1, $2, 'Happened', 3, '{"number": 0}', '{}')`,
        [stream, version],
      );
      await sleep(5);
      await client.query(ending);
    } finally {
      await client.end();
    }
  }
});

describe('the past', () => {
  it('is found by any event: the version that a stream had then', async () => {
    await store.append('one', 0, [happened(1), happened(2)]);
    await store.append('two', 0, [happened(3)]);
    await store.append('one', 2, [happened(4)]);
    const versions = (await store.readAll(null, 10)).map(({ id }) => store.versionAsOf('one', id));
    expect(await Promise.all(versions)).toEqual([1, 2, 2, 3]);
    const [first] = await store.readAll(null, 1);
    expect(await store.versionAsOf('two', first?.id ?? '')).toBe(0);
    expect(await store.versionAsOf('one', '00000000-0000-4000-8000-000000000000')).toBeNull();
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
