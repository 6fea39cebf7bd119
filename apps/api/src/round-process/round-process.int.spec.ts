import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database, StoredEvent } from '@fedamole/event-store';
import { EventStore, openDatabase } from '@fedamole/event-store';
import type { FederationEvent } from '@fedamole/federation';
import { federationConfiguration, federationStream, resolveConfiguration } from '@fedamole/federation';
import { openQueue } from '@fedamole/queues';
import { pino } from 'pino';
import { handleCommand } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';
import { liveTrainer } from '../fixtures/announced-trainer.js';
import type { StandInWorkers } from '../fixtures/stand-in-workers.js';
import { standInWorkers } from '../fixtures/stand-in-workers.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';
import { openTrainingQueues, type Queues } from '../platform/platform.js';
import { RoundProcess } from './round-process.js';

const onError = (): void => undefined;
const logger = pino({ level: 'silent' });
let bench: TestBench;
let database: Database;
let store: EventStore;
let queues: Queues;
let workers: StandInWorkers;

beforeAll(async () => {
  bench = await testBench();
  database = openDatabase(bench.settings.databaseUrl, onError);
  store = new EventStore(database.prisma);
  const options = { migrate: true, onError };
  queues = {
    training: await openTrainingQueues(bench.settings.queue, options),
    aggregation: await openQueue(bench.settings.queue, 'aggregation', options),
  };
  workers = await standInWorkers({ settings: bench.settings.queue, artifacts: bench.artifacts });
});
afterAll(async () => {
  await workers.close();
  await queues.training.close();
  await queues.aggregation.close();
  await database.close();
  await bench.close();
});

async function startFederation(federationId: string): Promise<void> {
  const stream = federationStream(federationId);
  const create = {
    type: 'CreateFederation' as const,
    federationId,
    name: federationId,
    baseModel: { name: 'tiny', digest: bench.modelDigest },
    modules: [{ name: 'q_proj', inputWidth: 4, outputWidth: 4 }],
    clients: ['bank', 'shop', 'ward'],
    configuration: resolveConfiguration(federationConfiguration.parse({ rounds: 2, expertChoices: 3 }), 3),
  };
  await handleCommand(store, federationDecider, stream, create, {});
  await handleCommand(store, federationDecider, stream, { type: 'StartFederation' }, {});
}

const parts = (federationId: string) => ({
  store,
  queues,
  workers: { trainers: [liveTrainer('one')], watchedFor: 60_000 },
  logger,
  runningFederations: async () => [federationId],
  now: Date.now,
});
const typesOf = (events: StoredEvent[]): FederationEvent['type'][] =>
  events.map(({ type }) => type as FederationEvent['type']);
const hasCompleted = async (federationId: string): Promise<boolean> =>
  typesOf(await store.readStream(federationStream(federationId))).includes('FederationCompleted');

/** One life of a process: after its death nothing that it calls does anything any more. */
interface Life {
  dead: boolean;
}

/** One call in ten dies: half of the times before it did anything, half of them after. */
function dying<Target extends object>(target: Target, random: () => number, life: Life): Target {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name);
      if (typeof member !== 'function') return member;
      return async (...parameters: unknown[]): Promise<unknown> => {
        const fate = random();
        life.dead ||= fate < 0.05;
        if (life.dead) throw new Error('died before');
        const result: unknown = await Reflect.apply(member, object, parameters);
        life.dead ||= fate > 0.95;
        if (life.dead) throw new Error('died after');
        return result;
      };
    },
  });
}

function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the round process', () => {
  it.each([1, 2, 3])('loses and repeats nothing, however often it dies between two lines (%i)', async (seed) => {
    const federationId = `dying-${seed}`;
    await startFederation(federationId);
    const random = numbersFrom(seed);
    let deaths = 0;
    await eventually(async () => {
      const life: Life = { dead: false };
      const process = new RoundProcess({
        ...parts(federationId),
        store: dying(store, random, life),
        queues: {
          training: dying(queues.training, random, life),
          aggregation: dying(queues.aggregation, random, life),
        },
      });
      try {
        await process.sweep();
        for (let steps = 0; steps < 5; steps++) await process.step();
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith('died')) throw error;
      }
      if (life.dead) deaths++;
      return (await hasCompleted(federationId)) ? true : null;
    });
    expect(deaths).toBeGreaterThan(3);

    const types = typesOf(await store.readStream(federationStream(federationId)));
    const count = (type: FederationEvent['type']): number => types.filter((candidate) => candidate === type).length;
    expect(count('BaselineMeasured')).toBe(3);
    expect(count('ClientTrained')).toBe(6);
    expect(count('RoundAggregated')).toBe(3);
    expect(count('ExpertsAssigned')).toBe(2);
    expect(count('RoundStarted')).toBe(3);
    expect(count('FederationCompleted')).toBe(1);
  });

  it('adds a job again that got lost', async () => {
    const federationId = 'losing';
    await workers.close();
    await startFederation(federationId);
    const process = new RoundProcess(parts(federationId));
    await process.sweep();
    const lost = `${federationId}.0.ward.1`;
    expect(await queues.training.remove(lost)).toBe(true);
    await process.sweep();
    expect(await queues.training.get(lost)).toMatchObject({ state: 'waiting' });
  });

  it('does no harm beside a second one', async () => {
    workers = await standInWorkers({ settings: bench.settings.queue, artifacts: bench.artifacts });
    const federationId = 'losing';
    const both = [new RoundProcess(parts(federationId)), new RoundProcess(parts(federationId))];
    await eventually(async () => {
      await Promise.all(both.map((process) => process.step()));
      await Promise.all(both.map((process) => process.sweep()));
      return (await hasCompleted(federationId)) ? true : null;
    });
    const types = typesOf(await store.readStream(federationStream(federationId)));
    expect(types.filter((type) => type === 'ClientTrained')).toHaveLength(6);
  });

  it('withdraws the waiting jobs of a federation that was cancelled', async () => {
    await workers.close();
    const federationId = 'cancelled';
    await startFederation(federationId);
    const process = new RoundProcess(parts(federationId));
    await process.sweep();
    const waiting = `${federationId}.0.ward.1`;
    expect(await queues.training.get(waiting)).not.toBeNull();
    const cancel = { type: 'CancelFederation' as const, reason: null };
    await handleCommand(store, federationDecider, federationStream(federationId), cancel, {});
    await eventually(async () => {
      await process.step();
      return (await queues.training.get(waiting)) === null ? true : null;
    });
    workers = await standInWorkers({ settings: bench.settings.queue, artifacts: bench.artifacts });
  });
});
