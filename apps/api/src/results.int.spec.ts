/** What a federation leaves behind, asked for its reasons: why experts went where they did, where adapters come from. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningService } from '@fedamole/services';
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import type { AdapterList, LineageResource } from './adapters/schemas.js';
import { startApi } from './application.js';
import type { ArtifactResource } from './artifacts/schemas.js';
import type { AssignmentResource, ChoicesResource } from './assignments/schemas.js';
import type { DatasetList } from './federations/dataset-schemas.js';
import type { RoundList } from './federations/rounds-schemas.js';
import type { FederationResource } from './federations/schemas.js';
import { HttpClient } from './fixtures/http-client.js';
import { standInWorkers, type StandInWorkers } from './fixtures/stand-in-workers.js';
import { eventually, testBench, type TestBench } from './fixtures/test-bench.js';
import type { Problem } from './http/problem.js';

let bench: TestBench;
let api: RunningService;
let http: HttpClient;
let workers: StandInWorkers;
let parent: FederationResource;
let fork: FederationResource;

const clients = ['bank', 'shop', 'ward'];
const configuration = { rounds: 2, experts: 6, expertChoices: 2, maxLength: 64, maxNewTokens: 8 };

beforeAll(async () => {
  bench = await testBench();
  api = await startApi(bench.settings, pino({ level: 'silent' }));
  http = new HttpClient(api.url);
  workers = await standInWorkers({ settings: bench.settings.queue, artifacts: bench.artifacts });
  await http.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
  for (const name of clients) await http.post('/v1/clients', { name });
  parent = await completed((await create({ name: 'first', baseModel: 'tiny', clients, configuration })).body.id);
  fork = await completed(
    (await http.post<FederationResource>(`/v1/federations/${parent.id}/fork`, { round: 1 })).body.id,
  );
});
afterAll(async () => {
  await workers.close();
  await api.close();
  await bench.close();
});

const create = (body: object) => http.post<FederationResource>('/v1/federations', body);

async function completed(id: string): Promise<FederationResource> {
  await http.post(`/v1/federations/${id}/start`);
  return eventually(async () => {
    const { body } = await http.get<FederationResource>(`/v1/federations/${id}`);
    return body.status === 'completed' ? body : null;
  });
}
const read = async <Body>({ id }: FederationResource, path: string): Promise<Body> => {
  const { status, body } = await http.get<Body>(`/v1/federations/${id}/${path}`);
  expect({ path, status }).toEqual({ path, status: 200 });
  return body;
};

describe('why experts went to a client', () => {
  it('is told for each that it holds: score, rank, limit and runners-up', async () => {
    const { assignment, scores } = await read<AssignmentResource>(parent, 'assignments?round=2');
    const told = await read<ChoicesResource>(parent, 'assignments/choices?client=ward&round=2');
    expect(told).toMatchObject({ round: 2, decidedIn: { federationId: parent.id, round: 2 }, decidedBy: 'affinity' });
    expect(told.scores).toBe(scores);
    expect(told.limits).toMatchObject({ experts: 6, clients: 3, expertChoices: 2, homogeneous: false });
    for (const { name } of parent.modules) {
      const ofModule = told.choices.filter(({ module }) => module === name);
      expect(ofModule.map(({ expert }) => expert)).toEqual(assignment['ward']?.[name]);
    }
    for (const choice of told.choices) {
      expect(choice).toMatchObject({ client: 'ward', score: 0.5 - 2 / 64, rank: 2, limit: null });
      expect(choice.runnersUp).toHaveLength(1);
      expect(choice.runnersUp[0]?.score).toBeLessThan(choice.score);
    }
  });

  it("is told of all of a module's experts, or of one", async () => {
    const module = parent.modules[1]?.name ?? '';
    const { choices, round, decidedBy } = await read<ChoicesResource>(
      parent,
      `assignments/choices?module=${module}&round=1`,
    );
    expect({ round, decidedBy }).toEqual({ round: 1, decidedBy: 'draw' });
    expect(choices.map(({ expert }) => expert)).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    const one = await read<ChoicesResource>(parent, `assignments/choices?module=${module}&round=1&expert=3`);
    expect(one.choices).toEqual(choices.filter(({ expert }) => expert === 3));
  });

  it("is the parent's reason in a fork's first round", async () => {
    const told = await read<ChoicesResource>(fork, 'assignments/choices?client=bank&round=1');
    expect(told).toMatchObject({ round: 1, decidedIn: { federationId: parent.id, round: 2 }, decidedBy: 'affinity' });
    const inParent = await read<ChoicesResource>(parent, 'assignments/choices?client=bank&round=2');
    expect(told.choices).toEqual(inParent.choices);
  });

  it('wants a client or a module that there is', async () => {
    const refused = (query: string) => http.get<Problem>(`/v1/federations/${parent.id}/assignments/choices${query}`);
    expect(await refused('')).toMatchObject({ status: 400, body: { errors: [{ field: 'client' }] } });
    const unknown = await refused('?module=nothing');
    expect(unknown).toMatchObject({ status: 400, body: { errors: [{ field: 'module', value: 'nothing' }] } });
    expect(unknown.body.detail).toContain(parent.modules[0]?.name);
    expect(await refused('?client=nobody')).toMatchObject({ status: 404, body: { code: 'CLIENT_NOT_IN_FEDERATION' } });
    expect(await refused('?client=ward&round=9')).toMatchObject({ body: { code: 'ASSIGNMENT_NOT_FOUND' } });
  });
});

describe('the lineage of an adapter', () => {
  it('is its base model, its experts, and the pools since the first one', async () => {
    const { adapters } = await read<AdapterList>(parent, 'adapters');
    const lineage = await read<LineageResource>(parent, 'adapters/ward/lineage');
    const { rounds } = await read<RoundList>(parent, 'rounds');
    const { assignment, scores } = await read<AssignmentResource>(parent, 'assignments?round=2');
    expect(lineage).toMatchObject({ adapter: adapters[2], baseModel: parent.baseModel, scores });
    expect(lineage.experts).toEqual(assignment['ward']);
    expect(lineage.mergedInto).toBe(rounds[2]?.aggregated?.pool);
    const { adapters: before } = await read<AdapterList>(parent, 'adapters?round=1');
    expect(lineage.pools).toEqual([
      {
        federationId: parent.id,
        round: 1,
        pool: rounds[1]?.aggregated?.pool,
        merged: before.map(({ client, digest }) => ({ client, adapter: digest })),
      },
      { federationId: parent.id, round: 0, pool: rounds[0]?.aggregated?.pool, merged: [] },
    ]);
    const recorded = await http.get<FederationResource>(`/v1/federations/${parent.id}?asOf=${lineage.trained.eventId}`);
    expect(recorded.body.round).toBe(2);
    expect(lineage.trained).toMatchObject({ attempt: 1, device: 'cpu', trainExamples: 10 });
  });

  it('goes on into the federation that a fork came from', async () => {
    const { pools } = await read<LineageResource>(fork, 'adapters/bank/lineage?round=2');
    expect(pools.map(({ federationId, round }) => [federationId, round])).toEqual([
      [fork.id, 1],
      [parent.id, 1],
      [parent.id, 0],
    ]);
  });

  it('is that of an adapter that there is', async () => {
    const missing = await http.get(`/v1/federations/${parent.id}/adapters/ward/lineage?round=7`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'ADAPTER_NOT_FOUND' } });
  });
});

describe('an artifact', () => {
  it('tells the events for which it is there, and is downloaded whole', async () => {
    const { adapters } = await read<AdapterList>(parent, 'adapters?round=2');
    const digest = adapters[0]?.digest ?? '';
    const { body } = await http.get<ArtifactResource>(`/v1/artifacts/${digest}`);
    expect(body).toMatchObject({ digest, bytes: adapters[0]?.bytes });
    expect(body.namedBy.map(({ stream, type }) => [stream, type])).toEqual([
      [`federation-${parent.id}`, 'ClientTrained'],
      [`federation-${fork.id}`, 'ClientTrained'],
    ]);
    const file = await http.raw(`/v1/artifacts/${digest}/content`);
    expect(file.headers.get('content-disposition')).toBe(`attachment; filename="${digest}.safetensors"`);
    const actual = createHash('sha256').update(new Uint8Array(await file.arrayBuffer()));
    expect(actual.digest('hex')).toBe(digest);
  });

  it('is missing where it is neither stored nor named', async () => {
    const missing = await http.get<Problem>(`/v1/artifacts/${'0'.repeat(64)}`);
    expect(missing).toMatchObject({ status: 404, body: { code: 'ARTIFACT_MISSING' } });
    const lost = (await read<LineageResource>(parent, 'adapters/ward/lineage')).pools[1]?.pool ?? '';
    await rm(bench.artifacts.path(lost));
    expect(await http.get(`/v1/artifacts/${lost}`)).toMatchObject({ status: 200, body: { bytes: null } });
    expect(await http.get(`/v1/artifacts/${lost}/content`)).toMatchObject({ status: 404 });
    expect((await http.get('/v1/artifacts/latest')).status).toBe(400);
  });
});

describe("clients' data", () => {
  it('are described by numbers', async () => {
    const { datasets } = await read<DatasetList>(parent, 'datasets');
    expect(datasets.map(({ client }) => client)).toEqual(clients);
    expect(datasets[0]).toEqual({
      client: 'bank',
      examples: 18,
      splits: { train: 10, embedding: 2, validation: 3, test: 3 },
      lengths: {
        prompt: { least: 20, median: 30, most: 40 },
        answer: { least: 2, median: 3, most: 9 },
        leftOut: 1,
      },
      distinctTestAnswers: 3,
      mostFrequentAnswerRougeL: 0.1,
    });
    expect((await read<DatasetList>(fork, 'datasets')).datasets).toEqual(datasets);
  });
});
