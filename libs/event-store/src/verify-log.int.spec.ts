import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { emptyLog, withoutTriggers } from './fixtures/empty-log.js';
import type { MigratedDatabase } from './fixtures/migrated-database.js';
import { migratedDatabase } from './fixtures/migrated-database.js';
import type { Database } from './index.js';
import { EventStore, openDatabase, verifyLog } from './index.js';

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

const tamper = (statement: string): Promise<void> => withoutTriggers(database, statement);
const happened = (number: number) => ({ type: 'Happened', data: { number } });

/** Six events on two streams: positions 1 to 6. */
beforeEach(async () => {
  await emptyLog(database);
  for (let version = 0; version < 3; version++) {
    await store.append('one', version, [happened(version)], { idempotencyKey: `key-${version}`, actor: 'operator' });
    await store.append('two', version, [happened(version)]);
  }
});

/** Every column but those that hold hashes, with another value of its type. */
const otherValues: Record<string, string> = {
  position: '100',
  id: 'gen_random_uuid()',
  stream: `'three'`,
  version: '7',
  type: `'NeverHappened'`,
  schema_version: '9',
  data: `'{"number": 1000}'`,
  metadata: `'{}'`,
  recorded_at: `recorded_at + interval '1 millisecond'`,
  idempotency_key: 'NULL',
  previous_hash: `sha256('other')`,
  hash: `sha256('other')`,
};

describe('verifying the log', () => {
  it('finds nothing wrong with what was appended, and tells where it ends', async () => {
    const { events, end, tampering } = await verifyLog(database);
    expect({ events, position: end.position, tampering }).toEqual({ events: 6, position: '6', tampering: null });
    expect(end.hash).toMatch(/^[0-9a-f]{64}$/);
    await store.append('one', 3, [happened(3)]);
    expect(await verifyLog(database, end)).toMatchObject({ events: 7, tampering: null });
  });

  it('finds nothing wrong with an empty log', async () => {
    await emptyLog(database);
    expect(await verifyLog(database)).toMatchObject({ events: 0, end: { position: '0' }, tampering: null });
  });

  it('does not depend on settings of the session', async () => {
    const elsewhere = openDatabase(`${temporary.url}?options=-c%20timezone%3DAsia/Kathmandu`, () => undefined);
    const { rows } = await elsewhere.pool.query<{ TimeZone: string }>('SHOW timezone');
    expect(rows[0]?.TimeZone).toBe('Asia/Kathmandu');
    expect((await verifyLog(elsewhere)).tampering).toBeNull();
    await elsewhere.close();
  });

  it('notices a change of any column', async () => {
    const { rows } = await database.pool.query<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'event' AND table_schema = 'public'`,
    );
    expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(otherValues).sort());
    for (const [column, value] of Object.entries(otherValues)) {
      await tamper(`CREATE TABLE kept AS SELECT * FROM event WHERE position = 3`);
      await tamper(`UPDATE event SET ${column} = ${value} WHERE position = 3`);
      const { tampering } = await verifyLog(database);
      // Whoever moves an event to another position leaves a gap, which the next one tells.
      const expected = column === 'position' ? { what: 'removed', position: '4' } : { position: '3' };
      expect({ column, ...tampering }).toMatchObject({ column, ...expected });
      await tamper(
        `DELETE FROM event WHERE position IN (3, 100); INSERT INTO event SELECT * FROM kept; DROP TABLE kept`,
      );
    }
    expect((await verifyLog(database)).tampering).toBeNull();
  });

  it('names an event that was changed', async () => {
    await tamper(`UPDATE event SET data = '{"number": 1000}' WHERE position = 3`);
    expect((await verifyLog(database)).tampering).toMatchObject({
      what: 'changed',
      position: '3',
      event: { stream: 'one', version: 2, type: 'Happened' },
      reason: expect.stringMatching(/^its columns have the hash [0-9a-f]{64}, not [0-9a-f]{64}$/),
    });
  });

  it('notices a change whose hash was computed anew', async () => {
    await tamper(`UPDATE event SET type = 'NeverHappened' WHERE position = 3`);
    await tamper(`UPDATE event SET hash = event_hash(event) WHERE position = 3`);
    expect((await verifyLog(database)).tampering).toMatchObject({ what: 'removed', position: '4' });
  });

  it('names the event behind one that was removed', async () => {
    await tamper('DELETE FROM event WHERE position IN (1, 2)');
    expect((await verifyLog(database)).tampering).toMatchObject({
      what: 'removed',
      position: '3',
      event: { stream: 'one', version: 2 },
    });
  });

  it('notices that the last events are missing, and that all are', async () => {
    await tamper('DELETE FROM event WHERE position > 4');
    const cutOff = await verifyLog(database);
    expect(cutOff).toMatchObject({ events: 4, tampering: { what: 'removed', position: '4' } });
    expect(cutOff.tampering?.reason).toContain("events after it are missing: the log's head is position 6");
    await tamper('DELETE FROM event');
    expect((await verifyLog(database)).tampering).toMatchObject({ what: 'removed', position: '0', event: null });
  });

  it('notices that two events changed places', async () => {
    await tamper('UPDATE event SET position = CASE position WHEN 2 THEN -3 ELSE -2 END WHERE position IN (2, 3)');
    await tamper('UPDATE event SET position = -position WHERE position < 0');
    expect((await verifyLog(database)).tampering).toMatchObject({
      what: 'misplaced',
      position: '2',
      event: { stream: 'one', version: 2 },
    });
  });

  it('notices a forged event, in the middle and at the end', async () => {
    const columns = 'id, stream, version, type, schema_version, data, metadata';
    const forge = (position: number) =>
      tamper(`INSERT INTO event (position, ${columns}, previous_hash, hash)
        SELECT ${position}, gen_random_uuid(), 'forged', 1, 'NeverHappened', 3, '{}', '{}', hash, sha256('')
        FROM event WHERE position = ${position - 1}`);
    await forge(7);
    await tamper(`UPDATE event SET hash = event_hash(event) WHERE position = 7`);
    expect((await verifyLog(database)).tampering).toMatchObject({ what: 'misplaced', position: '7' });
    await tamper('DELETE FROM event WHERE position = 7');
    await tamper('UPDATE event SET position = -position WHERE position > 3');
    await tamper('UPDATE event SET position = 1 - position WHERE position < 0');
    await forge(4);
    expect((await verifyLog(database)).tampering).toMatchObject({ what: 'changed', position: '4' });
  });

  it('notices a chain that was computed anew, for whoever kept an earlier end', async () => {
    const { end } = await verifyLog(database);
    await emptyLog(database);
    for (let version = 0; version < 7; version++) await store.append('one', version, [happened(version)]);
    expect((await verifyLog(database)).tampering).toBeNull();
    expect((await verifyLog(database, end)).tampering).toMatchObject({ what: 'rewritten', position: '6' });
    await emptyLog(database);
    await store.append('one', 0, [happened(0)]);
    expect((await verifyLog(database, end)).tampering).toMatchObject({ what: 'removed', position: '1' });
  });

  it('looks at many events', async () => {
    for (let version = 0; version < 5000; version += 1000) {
      await store.append(
        'long',
        version,
        Array.from({ length: 1000 }, (_, number) => happened(number)),
      );
    }
    await tamper(`UPDATE event SET metadata = '{"actor": "nobody"}' WHERE position = 4321`);
    expect(await verifyLog(database)).toMatchObject({ events: 4320, tampering: { what: 'changed', position: '4321' } });
  });
});

describe('the log', () => {
  it('refuses to be changed', async () => {
    const statements = [
      `UPDATE event SET type = 'NeverHappened'`,
      'DELETE FROM event WHERE position = 6',
      'TRUNCATE event',
    ];
    for (const statement of statements) {
      await expect(database.pool.query(statement)).rejects.toThrow('events are added, never changed');
    }
    expect(await store.readAll(null, 10)).toHaveLength(6);
  });

  it('chains events whoever inserts them, at the next position', async () => {
    await database.pool.query(
      `INSERT INTO event (position, id, stream, version, type, schema_version, data, metadata, hash)
       VALUES (1000, gen_random_uuid(), 'three', 1, 'Happened', 3, '{}', '{}', '')`,
    );
    expect(await verifyLog(database)).toMatchObject({ events: 7, end: { position: '7' }, tampering: null });
  });
});
