/** What a site may know: its own clients, and of federations the part that is theirs. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase } from '@fedamole/event-store';
import type { RunningService } from '@fedamole/services';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { ClientList } from '../clients/schemas.js';
import type { EventPage } from '../events/schemas.js';
import type { ProgressResource } from '../federations/progress-schemas.js';
import type { AdapterList, LineageResource } from '../adapters/schemas.js';
import type { AssignmentResource } from '../assignments/schemas.js';
import type { DatasetList } from '../federations/dataset-schemas.js';
import type { RoundList } from '../federations/rounds-schemas.js';
import type { FederationPageResource, FederationResource } from '../federations/schemas.js';
import { HttpClient } from '../fixtures/http-client.js';
import { standInWorkers } from '../fixtures/stand-in-workers.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';
import type { Problem } from '../http/problem.js';
import { ApiKeys } from '../keys/api-keys.js';

let bench: TestBench;
let api: RunningService;
let operator: HttpClient;
/** Stands for the ward. */
let site: HttpClient;
/** Of the ward and of others; of others alone; one that waits because of another's client. */
let mixed: string;
let foreign: string;
let waiting: string;

beforeAll(async () => {
  bench = await testBench();
  const database = openDatabase(bench.settings.databaseUrl, () => undefined);
  const keys = new ApiKeys(database.prisma);
  const own = { description: 'chief of operations', expiresAt: null };
  const operatorKey = (await keys.make({ ...own, scope: 'operator', clients: [] })).key;
  const siteKey = (await keys.make({ ...own, scope: 'site', clients: ['ward', 'annex'] })).key;
  await database.close();
  api = await startApi({ ...bench.settings, access: 'keys' }, pino({ level: 'silent' }));
  operator = new HttpClient(api.url, operatorKey);
  site = new HttpClient(api.url, siteKey);

  await operator.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
  for (const name of ['ward', 'bank', 'mill']) await operator.post('/v1/clients', { name });
  mixed = await run(['ward', 'bank', 'mill'], 'completed', { weights: 'auto' });
  foreign = await run(['bank', 'mill'], 'completed');
  waiting = await run(['ward', 'bank'], 'paused');
});
afterAll(async () => {
  await api.close();
  await bench.close();
});

async function run(clients: string[], end: 'completed' | 'paused', more = {}): Promise<string> {
  // The stand-in aggregator gives every expert to every client.
  const configuration = { rounds: 1, expertChoices: clients.length, ...more };
  const body = { baseModel: 'tiny', clients, configuration };
  const { id } = (
    await operator.post<FederationResource>('/v1/federations', body, {
      'idempotency-key': `run-${end}-${clients.length}`,
    })
  ).body;
  await operator.post(`/v1/federations/${id}/start`);
  const workers = await standInWorkers({
    settings: bench.settings.queue,
    artifacts: bench.artifacts,
    beforeTraining: async ({ kind, client }) => {
      if (end === 'paused' && kind === 'train' && client === 'bank') throw new Error('the vault of bank is locked');
    },
  });
  try {
    await eventually(async () => {
      const { body: found } = await operator.get<FederationResource>(`/v1/federations/${id}`);
      return found.status === end ? true : null;
    });
  } finally {
    await workers.close();
  }
  return id;
}

/** No answer may hold the name of another site's client, or of whoever works here. */
const secrets = ['bank', 'mill', 'vault', 'chief of operations', 'run-completed'];
async function told<Body>(path: string): Promise<Body> {
  const { status, body } = await site.get<Body>(path);
  expect({ path, status }).toEqual({ path, status: 200 });
  const text = JSON.stringify(body);
  expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  return body;
}

describe('a site', () => {
  it('sees its own clients, and registers no others', async () => {
    expect((await told<ClientList>('/v1/clients')).clients.map(({ name }) => name)).toEqual(['ward']);
    expect((await site.get<Problem>('/v1/clients/bank')).body).toMatchObject({
      status: 404,
      detail: 'there is no client "bank"',
    });
    for (const name of ['bank', 'nobody-yet']) {
      const refused = await site.post<Problem>('/v1/clients', { name });
      expect(refused).toMatchObject({ status: 403, body: { code: 'CLIENT_OF_ANOTHER_SITE' } });
    }
    expect((await operator.get('/v1/clients/nobody-yet')).status).toBe(404);
    expect((await site.post('/v1/clients', { name: 'annex' })).status).toBe(201);
  });

  it('sees the federations that its clients take part in, without the others’ part', async () => {
    const { federations } = await told<FederationPageResource>('/v1/federations');
    expect(federations.map(({ id }) => id)).toEqual([waiting, mixed]);
    expect(federations[1]).toMatchObject({ clients: ['ward'], baselineRougeL: null, bestScore: null });
    expect(federations[0]).toMatchObject({ status: 'paused', reason: null });
    expect(await told<FederationResource>(`/v1/federations/${mixed}`)).toMatchObject({
      clients: ['ward'],
      weightForm: 'int8',
      weightFormsCompared: [],
    });
    expect(await told<FederationResource>(`/v1/federations/${mixed}?asOf=1`)).toMatchObject({ clients: ['ward'] });
    expect(await told<FederationResource>(`/v1/federations/${waiting}`)).toMatchObject({
      status: 'paused',
      reason: null,
    });
    expect((await operator.get<FederationResource>(`/v1/federations/${waiting}`)).body.reason).toContain(
      'vault of bank',
    );
  });

  it('finds nothing under the identifiers of other federations, as if they did not exist', async () => {
    const never = '00000000-0000-4000-8000-000000000000';
    for (const rest of [
      '',
      '?asOf=1',
      '?asOf=99',
      '/rounds',
      '/rounds/1',
      '/assignments',
      '/adapters',
      '/adapters/bank',
      '/adapters/bank/lineage',
      '/datasets',
    ]) {
      const there = await site.get<Problem>(`/v1/federations/${foreign}${rest}`);
      const notThere = await site.get<Problem>(`/v1/federations/${never}${rest}`);
      expect({ rest, status: there.status }).toEqual({ rest, status: 404 });
      const [first, second] = [there.body, notThere.body].map((body) => ({ ...body, requestId: '' }));
      expect(JSON.parse(JSON.stringify(first).replaceAll(foreign, never))).toEqual(second);
    }
    for (const rest of ['/progress', '/events', '/events/stream']) {
      const { status } = await site.raw(`/v1/federations/${foreign}${rest}`);
      expect({ rest, status }).toEqual({ rest, status: 404 });
    }
    expect((await told<FederationPageResource>(`/v1/federations?after=${foreign}`)).federations).toEqual([]);
  });

  it('sees the results, experts, progress and adapters of its own clients', async () => {
    const path = `/v1/federations/${mixed}`;
    const { rounds } = await told<RoundList>(`${path}/rounds`);
    expect(rounds.map(({ clients }) => clients.map(({ client }) => client))).toEqual([['ward'], ['ward']]);
    expect(rounds[1]?.clients[0]?.result).not.toBeNull();
    expect(Object.keys((await told<AssignmentResource>(`${path}/assignments`)).assignment)).toEqual(['ward']);
    expect((await told<ProgressResource>(`${path}/progress`)).clients.map(({ client }) => client)).toEqual(['ward']);
    expect((await told<AdapterList>(`${path}/adapters`)).adapters.map(({ client }) => client)).toEqual(['ward']);
    expect((await site.raw(`${path}/adapters/ward`)).status).toBe(200);
    const lineage = await told<LineageResource>(`${path}/adapters/ward/lineage?round=1`);
    expect(lineage.pools.map(({ merged }) => merged.map(({ client }) => client))).toEqual([[]]);
    expect((await told<DatasetList>(`${path}/datasets`)).datasets.map(({ client }) => client)).toEqual(['ward']);
    expect((await site.get(`${path}/assignments/choices?client=ward`)).status).toBe(403);
    const others = await site.get<Problem>(`${path}/adapters/bank`);
    expect(others).toMatchObject({ status: 404, body: { code: 'ADAPTER_NOT_FOUND' } });
  });

  it('is told the events of its own clients, page by page', async () => {
    const seen: EventPage['events'] = [];
    let after: string | null = '0';
    while (after !== null) {
      const page: EventPage = await told<EventPage>(`/v1/events?limit=5&after=${after}`);
      seen.push(...page.events);
      after = page.next;
    }
    const streams = new Set(seen.map(({ stream }) => stream));
    expect([...streams].sort()).toEqual(
      ['base-model-tiny', 'client-annex', 'client-ward', `federation-${waiting}`, `federation-${mixed}`].sort(),
    );
    const trained = seen.filter(({ type }) => type === 'ClientTrained');
    expect(trained.map(({ data }) => (data as { client: string }).client)).toEqual(['ward', 'ward']);
    for (const { metadata } of seen) expect(Object.keys(metadata)).toEqual(['correlationId']);
    const own = await told<EventPage>(`/v1/federations/${mixed}/events?limit=500`);
    expect(own.events).toHaveLength(seen.filter(({ stream }) => stream === `federation-${mixed}`).length);
  });

  it('follows events as they happen without those of others', async () => {
    const response = await site.raw(`/v1/federations/${mixed}/events/stream`);
    const reader = response.body?.getReader();
    let text = '';
    while (!text.includes('FederationCompleted')) text += new TextDecoder().decode((await reader?.read())?.value);
    await reader?.cancel();
    expect(text).toContain('"client":"ward"');
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
  });

  it('acts for its own clients where they take part, and for no others', async () => {
    const body = { baseModel: 'tiny', clients: ['ward', 'bank'] };
    const { id } = (await operator.post<FederationResource>('/v1/federations', body)).body;
    const path = `/v1/federations/${id}/clients`;
    const left = await site.post<FederationResource>(`${path}/ward/leave`, { reason: 'maintenance' });
    expect(left.status).toBe(200);
    expect(JSON.stringify(left.body)).not.toContain('bank');
    expect((await site.post(`${path}/ward/join`)).status).toBe(200);
    for (const [client, command] of [
      ['bank', 'leave'],
      ['bank', 'join'],
      ['mill', 'join'],
    ]) {
      const refused = await site.post<Problem>(`${path}/${client}/${command}`);
      expect(refused).toMatchObject({ status: 404, body: { code: 'CLIENT_NOT_IN_FEDERATION' } });
    }
    const elsewhere = await site.post<Problem>(`/v1/federations/${foreign}/clients/ward/join`);
    expect(elsewhere).toMatchObject({ status: 404, body: { code: 'FEDERATION_NOT_FOUND' } });
    const after = (await operator.get<FederationResource>(`/v1/federations/${foreign}`)).body;
    expect(after.clients).toEqual(['bank', 'mill']);
    await operator.post(`/v1/federations/${id}/cancel`);
  });

  it('changes no federation, of its own clients or not', async () => {
    for (const id of [mixed, foreign]) {
      for (const command of ['start', 'cancel']) {
        expect((await site.post(`/v1/federations/${id}/${command}`)).status).toBe(403);
      }
    }
    expect((await site.post('/v1/federations', { baseModel: 'tiny', clients: ['ward', 'annex'] })).status).toBe(403);
  });
});
