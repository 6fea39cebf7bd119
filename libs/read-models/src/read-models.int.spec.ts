import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Database, DomainEvent } from '@fedamole/event-store';
import { EventStore, openDatabase } from '@fedamole/event-store';
import type { MigratedDatabase } from '@fedamole/event-store/fixtures';
import { migratedDatabase } from '@fedamole/event-store/fixtures';
import type { TrainingResult } from '@fedamole/federation';
import {
  baseModelStream,
  clientStream,
  federationConfiguration,
  federationStream,
  resolveConfiguration,
} from '@fedamole/federation';
import { listBaseModels, listClients, listFederations, Projector, RebuildRunningError } from './index.js';

let temporary: MigratedDatabase;
let database: Database;
let store: EventStore;
let projector: Projector;

beforeAll(async () => {
  temporary = await migratedDatabase();
  database = openDatabase(temporary.url, () => undefined);
  store = new EventStore(database.prisma);
  projector = new Projector(database, store);
});
afterAll(async () => {
  await database.close();
  await temporary.drop();
});

/** Appends and projects. */
async function happened(stream: string, ...events: DomainEvent[]): Promise<void> {
  const before = await store.readStream(stream);
  await store.append(stream, before.length, events);
  await projector.catchUp();
}

const digest = 'a'.repeat(64);
const splits = { train: 1, embedding: 1, validation: 1, test: 1 };
const metricsOf = (rougeL: number | null, choiceAccuracy: number | null = null) => ({
  validationLoss: 1,
  perplexity: Math.E,
  testLoss: 2,
  rougeL,
  choiceAccuracy,
});
const trained = (metrics: TrainingResult['metrics']): TrainingResult => ({
  adapter: digest,
  embeddings: null,
  splits,
  metrics,
  steps: 1,
  trainLoss: 1,
  balanceLoss: 1,
  trainTokens: 1,
  trainSeconds: 1,
  seconds: 1,
  adapterBytes: 1,
});

const created = (federationId: string): DomainEvent => ({
  type: 'FederationCreated',
  data: {
    federationId,
    name: `Federation ${federationId}`,
    baseModel: { name: 'tiny', digest },
    modules: [],
    clients: ['bank', 'ward'],
    configuration: resolveConfiguration(federationConfiguration.parse({ rounds: 2 }), 2),
  },
});
const trainedBy = (
  federationId: string,
  round: number,
  client: string,
  rougeL: number | null,
  accuracy: number | null = null,
): DomainEvent => ({
  type: 'ClientTrained',
  data: { federationId, round, client, result: trained(metricsOf(rougeL, accuracy)) },
});

const closed = (federationId: string, round: number): DomainEvent => ({
  type: 'RoundClosed',
  data: { federationId, round, answered: ['bank', 'ward'], missing: [], cause: 'all-answered', next: null },
});

describe('read models', () => {
  it('list base models and clients by name', async () => {
    const modules = [{ name: 'q_proj', inputWidth: 4, outputWidth: 8 }];
    const model = { name: 'tiny', digest, modules, parameterCount: 5_000_000_000, maxPositions: 64 };
    await happened(baseModelStream('tiny'), { type: 'BaseModelRegistered', data: model });
    await happened(clientStream('ward'), { type: 'ClientRegistered', data: { name: 'ward', description: null } });
    await happened(clientStream('bank'), { type: 'ClientRegistered', data: { name: 'bank', description: 'A bank' } });
    const listed = { ...model, manifest: null, registeredAt: expect.any(Date) };
    expect(await listBaseModels(database.prisma)).toEqual([listed]);
    const manifest = 'b'.repeat(64);
    await happened(baseModelStream('tiny'), {
      type: 'BaseModelPublished',
      data: { name: 'tiny', manifest, files: [] },
    });
    expect(await listBaseModels(database.prisma)).toEqual([{ ...listed, manifest }]);
    expect((await listClients(database.prisma)).map((client) => client.name)).toEqual(['bank', 'ward']);
  });

  it('follow a federation: status, round, and the means of rounds that have closed', async () => {
    const federationId = 'one';
    const one = federationStream(federationId);
    const only = async () => (await listFederations(database.prisma, { limit: 1 })).federations[0];
    await happened(one, created(federationId), { type: 'FederationStarted', data: { federationId } });
    await happened(
      one,
      { type: 'RoundStarted', data: { federationId, round: 1 } },
      trainedBy(federationId, 1, 'ward', 0.5),
    );
    expect(await only()).toMatchObject({ id: 'one', status: 'running', round: 1, rounds: 2, lastRougeL: null });
    await happened(one, trainedBy(federationId, 1, 'bank', 0.25), closed(federationId, 1));
    expect(await only()).toMatchObject({ lastRougeL: 0.375, bestRougeL: 0.375, bestRound: 1 });
    await happened(one, trainedBy(federationId, 2, 'bank', 0.25), trainedBy(federationId, 2, 'ward', 0.25));
    await happened(one, { type: 'FederationCompleted', data: { federationId, rounds: 2 } });
    expect(await only()).toMatchObject({ status: 'completed', lastRougeL: 0.25, bestRougeL: 0.375, bestRound: 1 });
  });

  it('tell the best round by ROUGE-L, and by accuracy where a client generates nothing', async () => {
    const federationId = 'choosing';
    const stream = federationStream(federationId);
    const only = async () => (await listFederations(database.prisma, { limit: 1 })).federations[0];
    await happened(stream, created(federationId), trainedBy(federationId, 1, 'bank', null, 0.5));
    await happened(stream, trainedBy(federationId, 1, 'ward', 0.25, 0.75), closed(federationId, 1));
    const first = { lastRougeL: 0.25, bestRougeL: 0.25, lastAccuracy: 0.625, bestAccuracy: 0.625, bestScore: 0.375 };
    expect(await only()).toMatchObject({ ...first, bestRound: 1 });
    await happened(
      stream,
      trainedBy(federationId, 2, 'bank', null, 0.75),
      trainedBy(federationId, 2, 'ward', 0.125, 0),
      closed(federationId, 2),
    );
    expect(await only()).toMatchObject({ lastRougeL: 0.125, lastAccuracy: 0.375, bestScore: 0.4375, bestRound: 2 });
  });

  it('read results that were stored before choices were measured', async () => {
    const federationId = 'old';
    const metrics = { validationLoss: 1, testLoss: 2, rougeL: 0.5 };
    const stored = { ...trained(metricsOf(0.5)), metrics };
    const events = ['bank', 'ward'].map((client) => ({
      type: 'ClientTrained',
      data: { federationId, round: 1, client, result: stored },
    }));
    // rounds did not close then, either
    const next: DomainEvent = { type: 'RoundStarted', data: { federationId, round: 2 } };
    await happened(federationStream(federationId), created(federationId), ...(events as DomainEvent[]), next);
    const [federation] = (await listFederations(database.prisma, { limit: 1 })).federations;
    expect(federation).toMatchObject({ bestRougeL: 0.5, bestAccuracy: null, bestScore: 0.5 });
    for (const outcome of await database.prisma.outcomeView.findMany({ where: { federationId } })) {
      expect(outcome).toMatchObject({ rougeL: 0.5, perplexity: null, choiceAccuracy: null });
    }
  });

  it('follow pauses, refused contributions and clients that join', async () => {
    const federationId = 'paused';
    const stream = federationStream(federationId);
    const only = async () => (await listFederations(database.prisma, { limit: 1 })).federations[0];
    const reason = 'only bank answered';
    const pause = { federationId, round: 1, cause: 'quorum' as const, reason, missing: [] };
    await happened(stream, created(federationId), { type: 'FederationPaused', data: pause });
    expect(await only()).toMatchObject({ status: 'paused', reason });
    await happened(
      stream,
      { type: 'FederationResumed', data: { federationId, round: 1, retried: [] } },
      { type: 'ClientJoined', data: { federationId, client: 'shop' } },
      trainedBy(federationId, 1, 'bank', 0.5),
      trainedBy(federationId, 1, 'ward', 0.25),
      {
        type: 'ContributionRefused',
        data: { federationId, round: 1, client: 'ward', artifact: digest, reason: 'NaN' },
      },
      closed(federationId, 1),
    );
    expect(await only()).toMatchObject({
      status: 'running',
      reason: null,
      clients: ['bank', 'shop', 'ward'],
      lastRougeL: 0.5,
    });
    await happened(stream, trainedBy(federationId, 1, 'ward', 0.25), closed(federationId, 1));
    expect(await only()).toMatchObject({ lastRougeL: 0.375 });
  });

  it('page through federations, newest first, and by status', async () => {
    for (const id of ['two', 'three']) await happened(federationStream(id), created(id));
    const first = await listFederations(database.prisma, { limit: 2 });
    expect(first.federations.map((federation) => federation.id)).toEqual(['three', 'two']);
    const second = await listFederations(database.prisma, { limit: 3, after: first.next ?? '' });
    expect(second.federations.map((federation) => federation.id)).toEqual(['paused', 'old', 'choosing']);
    expect(second.next).toBe('choosing');
    const completed = await listFederations(database.prisma, { limit: 2, status: 'completed' });
    expect(completed.federations.map((federation) => federation.id)).toEqual(['one']);
  });

  it('project every event once, with two replicas at it', async () => {
    const other = new Projector(database, store);
    for (let number = 0; number < 20; number++) {
      const name = `client-${number}`;
      await store.append(clientStream(name), 0, [{ type: 'ClientRegistered', data: { name, description: null } }]);
      await Promise.all([projector.catchUp(), other.catchUp()]);
    }
    await happened(clientStream('last'), { type: 'ClientRegistered', data: { name: 'last', description: null } });
    expect(await listClients(database.prisma)).toHaveLength(23);
  });

  it('come out the same when they are built again, row by row', async () => {
    const before = await dump();
    expect(before.federation_view).not.toHaveLength(0);
    await database.pool.query('DELETE FROM client_view');
    await projector.rebuild();
    expect(await dump()).toEqual(before);
    expect(await projector.state()).toMatchObject({ rebuilding: null });
    await happened(clientStream('later'), { type: 'ClientRegistered', data: { name: 'later', description: null } });
    expect(await listClients(database.prisma)).toHaveLength(24);
  });

  it('answer, and are kept up to date, while they are built again', async () => {
    const before = await dump();
    let looks = 0;
    const held = await whileRebuilding(async () => {
      expect(await dump()).toEqual(before);
      expect((await projector.state()).rebuilding).not.toBeNull();
      await expect(new Projector(database, store).rebuild()).rejects.toThrow(RebuildRunningError);
      const name = `meanwhile-${looks++}`;
      await happened(clientStream(name), { type: 'ClientRegistered', data: { name, description: null } });
      expect((await listClients(database.prisma)).map((client) => client.name)).toContain(name);
    });
    expect(held).toBe('done');
    const names = (await listClients(database.prisma)).map((client) => client.name);
    expect(names).toHaveLength(25);
    expect(new Set(names).size).toBe(25);
  });

  it('stay as they are where a rebuild dies half-way, and can be built again then', async () => {
    const before = await dump();
    const died = await whileRebuilding(async () => {
      await database.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
    });
    expect(died).toMatch(/connection/);
    expect(await dump()).toEqual(before);
    await projector.rebuild();
    expect(await dump()).toEqual(before);
  });

  it('end a rebuild when they are told to', async () => {
    const before = await dump();
    await expect(projector.rebuild({ signal: AbortSignal.abort(new Error('closing')) })).rejects.toThrow('closing');
    expect(await dump()).toEqual(before);
  });

  it("are outdated where an older release's projections wrote them, and then wait for a rebuild", async () => {
    expect(await projector.isOutdated()).toBe(false);
    await database.pool.query(`UPDATE checkpoint SET version = version - 1 WHERE name = 'read-models'`);
    expect(await projector.isOutdated()).toBe(true);
    await store.append(clientStream('new'), 0, [
      { type: 'ClientRegistered', data: { name: 'new', description: null } },
    ]);
    const count = async (): Promise<number> => (await listClients(database.prisma)).length;
    await projector.catchUp();
    expect(await count()).toBe(25);
    await projector.rebuild();
    expect(await count()).toBe(26);
    expect(await projector.isOutdated()).toBe(false);
    await database.pool.query(`UPDATE checkpoint SET version = version + 1 WHERE name = 'read-models'`);
    expect(await projector.isOutdated()).toBe(false);
  });
});

/** Every row of every read model, in an order of its own. */
async function dump(): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const table of ['base_model_view', 'client_view', 'federation_view', 'outcome_view']) {
    const { rows } = await database.pool.query(`SELECT row.* FROM ${table} AS row ORDER BY row::text`);
    tables[table] = rows;
  }
  return tables;
}

/** Holds a rebuild up once it has begun to project, and says how it ended: 'done', or what it died of. */
async function whileRebuilding(act: () => Promise<void>): Promise<string> {
  let arrive = (): void => undefined;
  let release = (): void => undefined;
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  const slow = new EventStore(database.prisma);
  const readAll = slow.readAll.bind(slow);
  slow.readAll = async (after, limit) => {
    if (BigInt(after?.position ?? 0) > 0n) {
      arrive();
      await released;
    }
    return readAll(after, limit);
  };
  const rebuilding = new Projector(database, slow).rebuild().then(
    () => 'done',
    (error: unknown) => String(error),
  );
  await Promise.race([arrived, rebuilding]);
  try {
    await act();
  } finally {
    release();
  }
  return rebuilding;
}
