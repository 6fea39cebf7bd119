/** What the log can be asked once a federation has run: where events came from, the past, replays, tampering, leftovers. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import type { RunningService } from '@fedamole/services';
import { startApi } from './application.js';
import type { CollectionResource } from './artifacts/schemas.js';
import type { EventPage, EventResource } from './events/schemas.js';
import type { AssignmentResource } from './assignments/schemas.js';
import type { RoundList } from './federations/rounds-schemas.js';
import type { FederationPageResource, FederationResource } from './federations/schemas.js';
import { HttpClient } from './fixtures/http-client.js';
import type { StandInWorkers } from './fixtures/stand-in-workers.js';
import { standInWorkers } from './fixtures/stand-in-workers.js';
import type { TestBench } from './fixtures/test-bench.js';
import { eventually, testBench } from './fixtures/test-bench.js';
import type { Problem } from './http/problem.js';
import type { ReadModelsResource } from './read-models/schemas.js';
import type { ReplayResource } from './replays/schemas.js';
import type { VerificationResource } from './verification/schemas.js';

let bench: TestBench;
let api: RunningService;
let http: HttpClient;
let workers: StandInWorkers;
let id: string;
let events: EventResource[];

const creation = {
  name: 'Wards',
  baseModel: 'tiny',
  clients: ['ward', 'bank'],
  configuration: { rounds: 2, maxLength: 64, maxNewTokens: 8 },
};
const creating = { 'idempotency-key': 'create-wards', 'x-request-id': 'ticket-1' };
const starting = { 'idempotency-key': 'start-wards', 'x-request-id': 'ticket-2' };

beforeAll(async () => {
  bench = await testBench();
  api = await startApi(bench.settings, pino({ level: 'silent' }));
  http = new HttpClient(api.url);
  workers = await standInWorkers({ settings: bench.settings.queue, artifacts: bench.artifacts });
  await http.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
  for (const name of creation.clients) await http.post('/v1/clients', { name });
  id = (await http.post<FederationResource>('/v1/federations', creation, creating)).body.id;
  await http.post(`/v1/federations/${id}/start`, undefined, starting);
  await eventually(async () => ((await federation()).status === 'completed' ? true : null));
  events = (await http.get<EventPage>(`/v1/federations/${id}/events?limit=500`)).body.events;
});
afterAll(async () => {
  await workers.close();
  await api.close();
  await bench.close();
});

const federation = async (query = ''): Promise<FederationResource> =>
  (await http.get<FederationResource>(`/v1/federations/${id}${query}`)).body;
const eventOf = (type: string): EventResource => {
  const found = events.find((event) => event.type === type);
  if (!found) throw new Error(`there is no ${type}`);
  return found;
};

describe('the origin of events', () => {
  it('is the request that asked for them, and what followed shares its correlation id', () => {
    expect(eventOf('FederationCreated').metadata).toMatchObject({
      actor: 'operator',
      correlationId: 'ticket-1',
      idempotencyKey: 'create-wards',
    });
    expect(eventOf('FederationStarted').metadata).not.toHaveProperty('causationId');
    const after = events.slice(events.indexOf(eventOf('FederationStarted')));
    for (const { metadata } of after) expect(metadata).toMatchObject({ correlationId: 'ticket-2' });
  });

  it('is the job whose outcome they record', () => {
    const trained = events.filter(({ type }) => type === 'ClientTrained');
    expect(trained).toHaveLength(4);
    for (const { data, metadata } of trained) {
      const { round, client } = data as { round: number; client: string };
      expect(metadata).toMatchObject({ actor: 'round-process', causationId: `${id}.${round}.${client}.1` });
    }
    expect(eventOf('RoundAggregated').metadata).toMatchObject({ causationId: `${id}.0.aggregation.1` });
  });

  it('is told to whoever asks, also where no correlation id was given', async () => {
    const given = await http.raw('/v1/clients', { 'x-request-id': 'ticket-3' });
    expect(given.headers.get('x-request-id')).toBe('ticket-3');
    expect((await http.raw('/v1/clients')).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    const refused = await http.post<Problem>('/v1/clients', { name: 'shop' }, { 'idempotency-key': 'x'.repeat(201) });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });
});

describe('the documentation', () => {
  it('names both headers where something can be changed, and the moment where something can be read', async () => {
    type Operation = { parameters?: { name: string; in: string }[] };
    const { body } = await http.get<{ paths: Record<string, Record<string, Operation>> }>('/docs-json');
    const named = (path: string, method: string) =>
      (body.paths[path]?.[method]?.parameters ?? []).map((parameter) => `${parameter.in} ${parameter.name}`);
    expect(named('/v1/federations', 'post')).toEqual(['header Idempotency-Key', 'header X-Request-Id']);
    expect(named('/v1/federations/{id}', 'get')).toEqual(['path id', 'query asOf']);
    expect(named('/v1/events/verify', 'get')).toEqual(['query position', 'query hash']);
  });
});

describe('a request that comes again under its idempotency key', () => {
  it('changes nothing more and is answered alike', async () => {
    const again = await http.post<FederationResource>('/v1/federations', creation, creating);
    expect(again).toMatchObject({ status: 201, body: { id, status: 'completed' } });
    // Without its key this would be refused by now.
    expect((await http.post(`/v1/federations/${id}/start`, undefined, starting)).status).toBe(200);
    expect((await http.post(`/v1/federations/${id}/start`)).status).toBe(409);
    const { federations } = (await http.get<FederationPageResource>('/v1/federations')).body;
    expect(federations).toHaveLength(1);
    expect((await http.get<EventPage>(`/v1/federations/${id}/events?limit=500`)).body.events).toEqual(events);
  });

  it('adds once, however many come at the same time', async () => {
    const headers = { 'idempotency-key': 'create-many' };
    const body = { ...creation, name: 'Many' };
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => http.post<FederationResource>('/v1/federations', body, headers)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
  });

  it('is refused by name where it asks for something else', async () => {
    const other = await http.post<Problem>('/v1/federations', { ...creation, name: 'Others' }, creating);
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(other.body.detail).toContain('"create-wards" stands for another command already');
  });
});

describe('the past', () => {
  it("is a federation's state as of any event of its own", async () => {
    const statuses = await Promise.all(
      events.map(async ({ version }) => {
        const { status, round, finishedAt } = await federation(`?asOf=${version}`);
        return { status, round, finished: finishedAt !== null };
      }),
    );
    expect(statuses[0]).toEqual({ status: 'created', round: 0, finished: false });
    expect(statuses.at(-1)).toEqual({ status: 'completed', round: 2, finished: true });
    const rounds = statuses.map(({ round }) => round);
    expect(rounds).toEqual([...rounds].sort());
    expect(await federation(`?asOf=${events.at(-1)?.version}`)).toEqual(await federation());
  });

  it('is found by the identifier of an event of any stream', async () => {
    const { id: trained, version } = eventOf('ClientTrained');
    const path = `/v1/federations/${id}`;
    const { rounds } = (await http.get<RoundList>(`${path}/rounds?asOf=${trained}`)).body;
    expect(rounds).toHaveLength(2);
    expect(rounds[1]?.clients.filter(({ result }) => result !== null)).toHaveLength(1);
    expect(await federation(`?asOf=${trained}`)).toEqual(await federation(`?asOf=${version}`));
    const then = (await http.get<AssignmentResource>(`${path}/assignments?asOf=${trained}`)).body;
    expect(then.round).toBe(1);
    const other = (await http.get<EventPage>('/v1/events?limit=1')).body.events[0];
    expect(other?.stream).toBe('base-model-tiny');
    const before = await http.get<Problem>(`${path}?asOf=${other?.id}`);
    expect(before).toMatchObject({ status: 404, body: { code: 'FEDERATION_NOT_FOUND' } });
  });

  it('is refused where there is no such event', async () => {
    const path = `/v1/federations/${id}?asOf=`;
    expect(await http.get(`${path}1000`)).toMatchObject({ status: 404, body: { code: 'EVENT_NOT_FOUND' } });
    expect(await http.get(`${path}${bench.modelDigest}`)).toMatchObject({ status: 400 });
    expect(await http.get(`${path}00000000-0000-4000-8000-000000000000`)).toMatchObject({ status: 404 });
  });
});

describe('a replay', () => {
  it('computes every round again, compares, and adds no event', async () => {
    const before = (await http.get<EventPage>('/v1/events?limit=500')).body.events.length;
    for (const round of [0, 1, 2]) {
      const path = `/v1/federations/${id}/rounds/${round}/replay`;
      expect(await http.get(path)).toMatchObject({ status: 404, body: { code: 'REPLAY_NOT_FOUND' } });
      expect((await http.post<ReplayResource>(path)).status).toBe(202);
      const replay = await eventually(async () => {
        const { body } = await http.get<ReplayResource>(path);
        return body.state === 'completed' ? body : null;
      });
      expect(replay).toMatchObject({ round, equal: true, pool: { equal: true }, reason: null });
      expect(replay.assignment).toEqual(round === 2 ? null : { equal: true });
      expect((await http.post<ReplayResource>(path)).status).toBe(202);
    }
    expect((await http.get<EventPage>('/v1/events?limit=500')).body.events).toHaveLength(before);
  });

  it('is refused for a round that was not aggregated', async () => {
    const refused = await http.post<Problem>(`/v1/federations/${id}/rounds/7/replay`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'ROUND_NOT_AGGREGATED' } });
  });
});

describe('collecting artifacts', () => {
  it('removes what nothing names, on command and not before it is old', async () => {
    const longAgo = new Date('2020-01-01');
    const pool = (eventOf('RoundAggregated').data as { pool: string }).pool;
    const leftover = await bench.artifacts.put(new TextEncoder().encode('leftover'));
    const recent = await bench.artifacts.put(new TextEncoder().encode('recent'));
    const temporary = join(dirname(bench.artifacts.path(pool)), '.killed.tmp');
    await writeFile(temporary, 'half');
    for (const path of [bench.artifacts.path(pool), bench.artifacts.path(leftover), temporary]) {
      await utimes(path, longAgo, longAgo);
    }
    const expected = {
      artifacts: { count: 1, bytes: 8 },
      temporaryFiles: { count: 1, bytes: 4 },
      needed: { count: 1, bytes: expect.any(Number) },
      digests: [leftover],
    };
    const told = await http.post<CollectionResource>('/v1/artifacts/collect');
    expect(told).toEqual({ status: 200, body: { dryRun: true, ...expected } });
    expect(existsSync(bench.artifacts.path(leftover))).toBe(true);
    const removed = await http.post<CollectionResource>('/v1/artifacts/collect', { dryRun: false });
    expect(removed).toEqual({ status: 200, body: { dryRun: false, ...expected } });
    expect(existsSync(bench.artifacts.path(leftover)) || existsSync(temporary)).toBe(false);
    expect([pool, recent].map((digest) => existsSync(bench.artifacts.path(digest)))).toEqual([true, true]);
    expect((await http.post('/v1/artifacts/collect', { graceSeconds: 1 })).status).toBe(400);
  });
});

describe('the read models', () => {
  it("are built again at the start where they are an older release's", async () => {
    const database = new pg.Client({ connectionString: bench.settings.databaseUrl });
    await database.connect();
    await database.query(`UPDATE checkpoint SET version = 0 WHERE name = 'read-models'; DELETE FROM client_view`);
    const replica = await startApi(bench.settings, pino({ level: 'silent' }));
    await eventually(async () => {
      const { rows } = await database.query('SELECT name FROM client_view ORDER BY name');
      return rows.length === 2 ? rows : null;
    });
    await replica.close();
    await database.end();
    const { body } = await http.get<ReadModelsResource>('/v1/read-models');
    expect(body).toMatchObject({ version: body.currentVersion, rebuilding: null });
  });

  it('are built again on command', async () => {
    const before = (await http.get<FederationPageResource>('/v1/federations')).body;
    expect(await http.post<ReadModelsResource>('/v1/read-models/rebuild')).toMatchObject({ status: 202 });
    const state = await eventually(async () => {
      const { body } = await http.get<ReadModelsResource>('/v1/read-models');
      return body.rebuilding === null ? body : null;
    });
    expect(state.position).toBe(state.end);
    expect(state.version).toBe(state.currentVersion);
    expect((await http.get<FederationPageResource>('/v1/federations')).body).toEqual(before);
  });
});

describe('verifying', () => {
  it('finds the log intact, and then names the event that was changed', async () => {
    const intact = (await http.get<VerificationResource>('/v1/events/verify')).body;
    expect(intact).toMatchObject({ intact: true, tampering: null });
    const { position, hash } = intact.end;
    const kept = `/v1/events/verify?position=${position}&hash=${hash}`;
    expect((await http.get<VerificationResource>(kept)).body.intact).toBe(true);
    expect((await http.get(`/v1/events/verify?position=${position}`)).status).toBe(400);

    const trained = eventOf('ClientTrained');
    const client = new pg.Client({ connectionString: bench.settings.databaseUrl });
    await client.connect();
    await client.query('SET session_replication_role = replica');
    await client.query(`UPDATE event SET data = jsonb_set(data, '{result,metrics,rougeL}', '1') WHERE id = $1`, [
      trained.id,
    ]);
    await client.end();
    expect((await http.get<VerificationResource>('/v1/events/verify')).body).toMatchObject({
      intact: false,
      tampering: {
        what: 'changed',
        event: { id: trained.id, stream: `federation-${id}`, version: trained.version, type: 'ClientTrained' },
      },
    });
  });
});
