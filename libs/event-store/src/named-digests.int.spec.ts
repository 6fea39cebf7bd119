import { expect, it } from '@jest/globals';
import { migratedDatabase } from './fixtures/migrated-database.js';
import { EventStore, namedDigests, openDatabase } from './index.js';

it('every digest of an event is named, wherever it stands, and nothing else', async () => {
  const temporary = await migratedDatabase();
  const database = openDatabase(temporary.url, () => undefined);
  const store = new EventStore(database.prisma);
  expect(await namedDigests(database)).toEqual(new Set());
  const [pool, scores, byKey, within] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
  const data = {
    pool,
    next: [{ scores, [byKey ?? '']: 1 }],
    longer: `${pool}0`,
    note: `the pool ${within}`,
    upper: 'E'.repeat(64),
  };
  await store.append('one', 0, [
    { type: 'Happened', data },
    { type: 'Happened', data: { pool } },
  ]);
  expect(await namedDigests(database)).toEqual(new Set([pool, scores, byKey]));
  await database.close();
  await temporary.drop();
});
