import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database } from '@fedamole/event-store';
import { EventStore, openDatabase } from '@fedamole/event-store';
import { migratedDatabase } from '@fedamole/event-store/fixtures';
import type { FederationEvent } from '@fedamole/federation';
import type { Decider } from './command-handler.js';
import { foldToPresent } from './fold-cache.js';

/** Any event with a number in it. */
type Counted = Extract<FederationEvent, { type: 'RoundStarted' }>;

let database: Database;
let store: EventStore;
let drop: () => Promise<void>;
beforeAll(async () => {
  const migrated = await migratedDatabase();
  drop = () => migrated.drop();
  database = openDatabase(migrated.url, () => undefined);
  store = new EventStore(database.prisma);
});
afterAll(async () => {
  await database.close();
  await drop();
});

const sum: Decider<number, never, Counted> = {
  initial: 0,
  decide: () => [],
  evolve: (state, { data }) => state + data.round,
};
const count: Decider<number, never, Counted> = { ...sum, evolve: (state) => state + 1 };
const counted = (round: number): Counted => ({ type: 'RoundStarted', data: { federationId: 'any', round } });

/** Notes from which version on streams are read. */
function watched() {
  const from: number[] = [];
  const readStream: EventStore['readStream'] = (stream, after, limit) => {
    from.push(after ?? 0);
    return store.readStream(stream, after, limit);
  };
  const append: EventStore['append'] = (...appended) => store.append(...appended);
  const appendedUnder: EventStore['appendedUnder'] = (metadata) => store.appendedUnder(metadata);
  return { from, store: { append, appendedUnder, readStream } };
}

describe('a kept fold', () => {
  it('goes on from its version, and sees what any other process has appended', async () => {
    const reader = watched();
    await store.append('one', 0, [counted(1), counted(2)]);
    expect(await foldToPresent(reader.store, sum, 'one')).toMatchObject({ state: 3, version: 2 });
    await new EventStore(database.prisma).append('one', 2, [counted(4)]);
    const folded = await foldToPresent(reader.store, sum, 'one');
    expect(folded).toMatchObject({ state: 7, version: 3 });
    expect(folded.stored.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(reader.from).toEqual([0, 2]);
  });

  it('of an absent stream is where it begins', async () => {
    expect(await foldToPresent(store, sum, 'absent')).toMatchObject({ state: 0, version: 0, stored: [] });
  });

  it('is one of its decider and of its store', async () => {
    await store.append('two', 0, [counted(5), counted(6)]);
    expect(await foldToPresent(store, sum, 'two')).toMatchObject({ state: 11 });
    expect(await foldToPresent(store, count, 'two')).toMatchObject({ state: 2 });
    const other = watched();
    await foldToPresent(other.store, sum, 'two');
    expect(other.from).toEqual([0]);
  });

  it('holds every event once when many look at the stream at the same time, and keeps what it was', async () => {
    await store.append('three', 0, [counted(1)]);
    const before = await foldToPresent(store, sum, 'three');
    await store.append('three', 1, [counted(1), counted(1)]);
    const folds = await Promise.all(Array.from({ length: 8 }, () => foldToPresent(store, sum, 'three')));
    for (const { state, stored } of folds) {
      expect(state).toBe(3);
      expect(stored.map(({ version }) => version)).toEqual([1, 2, 3]);
    }
    expect(before.stored.map(({ version }) => version)).toEqual([1]);
  });

  it('is given up where others were looked at since and have many events', async () => {
    const reader = watched();
    const long = Array.from({ length: 10_001 }, () => counted(1));
    for (const stream of ['long-1', 'long-2']) {
      await store.append(stream, 0, long);
      await foldToPresent(reader.store, count, stream);
    }
    await foldToPresent(reader.store, count, 'long-2');
    expect(await foldToPresent(reader.store, count, 'long-1')).toMatchObject({ state: 10_001 });
    expect(reader.from).toEqual([0, 0, 10_001, 0]);
  });
});
