import { expect, it } from '@jest/globals';
import { migrate, migratedDatabase } from './fixtures/migrated-database.js';
import { EventStore, openDatabase, verifyLog } from './index.js';

const migration = '20261124060000_event_chain';

it('events and checkpoints that are there before the log is chained keep their places', async () => {
  const temporary = await migratedDatabase(migration);
  const database = openDatabase(temporary.url, () => undefined);
  // Position 2 was rolled back, and position 1 became visible after position 3: a reader of then saw 3 first.
  await database.pool.query(`
    INSERT INTO event (position, id, stream, version, type, schema_version, data, metadata, transaction_id) VALUES
      (1, gen_random_uuid(), 'one', 1, 'Happened', 1, '{"number": 1}', '{}', '901'),
      (3, gen_random_uuid(), 'two', 1, 'Happened', 2, '{"number": 3}', '{"actor": "operator"}', '900'),
      (4, gen_random_uuid(), 'two', 2, 'Happened', 2, '{"number": 4}', '{}', '902');
    INSERT INTO checkpoint (name, transaction_id, position) VALUES
      ('at the end', '902', 4), ('has seen 3', '900', 3), ('has seen 3 and 1', '901', 1)`);
  await migrate(temporary.url, (name) => name >= migration);

  const store = new EventStore(database.prisma);
  expect(await verifyLog(database)).toMatchObject({ events: 3, end: { position: '4' }, tampering: null });
  const remaining = async (name: string): Promise<string[]> =>
    (await store.readAll(await store.loadCheckpoint(name), 10)).map(({ checkpoint }) => checkpoint.position);
  expect(await remaining('at the end')).toEqual([]);
  // Once more is harmless, not at all is not.
  expect(await remaining('has seen 3')).toEqual(['1', '3', '4']);
  expect(await remaining('has seen 3 and 1')).toEqual(['4']);

  await store.append('two', 2, [{ type: 'Happened', data: { number: 5 } }]);
  expect(await verifyLog(database)).toMatchObject({ events: 4, end: { position: '5' }, tampering: null });
  await database.close();
  await temporary.drop();
});
