import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { publishModel } from '@fedamole/base-models';
import { pino } from 'pino';
import type { RunningService } from '@fedamole/services';
import { startApi } from './application.js';
import type { CollectionResource } from './artifacts/schemas.js';
import type { BaseModelResource } from './base-models/schemas.js';
import type { ClientResource } from './clients/schemas.js';
import type { EventPage } from './events/schemas.js';
import type { ProgressResource } from './federations/progress-schemas.js';
import type { AdapterList } from './adapters/schemas.js';
import type { AssignmentResource } from './assignments/schemas.js';
import type { RoundList, RoundResource } from './federations/rounds-schemas.js';
import type { ValidationResource } from './federations/validation-schemas.js';
import type { FederationPageResource, FederationResource } from './federations/schemas.js';
import { HttpClient } from './fixtures/http-client.js';
import type { StandInWorkers } from './fixtures/stand-in-workers.js';
import { standInWorkers } from './fixtures/stand-in-workers.js';
import type { TestBench } from './fixtures/test-bench.js';
import { eventually, testBench } from './fixtures/test-bench.js';
import type { Problem } from './http/problem.js';

let bench: TestBench;
let api: RunningService;
let http: HttpClient;

beforeAll(async () => {
  bench = await testBench();
  api = await startApi(bench.settings, pino({ level: 'silent' }));
  http = new HttpClient(api.url);
});
afterAll(async () => {
  await api.close();
  await bench.close();
});

const registerModel = () =>
  http.post<BaseModelResource>('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
const register = (name: string) => http.post<ClientResource>('/v1/clients', { name });

describe('base models', () => {
  it('are registered once, with what their folder says of them', async () => {
    const first = await registerModel();
    expect(first.status).toBe(201);
    expect(first.body).toMatchObject({ name: 'tiny', digest: bench.modelDigest });
    expect(first.body.modules.length).toBeGreaterThan(0);
    const second = await registerModel();
    expect(second).toEqual({ status: 200, body: first.body });
    expect((await http.get('/v1/base-models/tiny')).body).toEqual(first.body);
    expect((await http.get('/v1/base-models')).body).toEqual({ baseModels: [first.body] });
  });

  it('are refused where the digest differs, and both digests are named', async () => {
    const other = 'a'.repeat(64);
    const conflict = await http.post<Problem>('/v1/base-models', { name: 'tiny', digest: other });
    expect(conflict).toMatchObject({ status: 409, body: { code: 'BASE_MODEL_CONFLICT' } });
    expect(conflict.body.detail).toContain(bench.modelDigest);
    expect(conflict.body.detail).toContain(other);
  });

  it('are refused where there is no model in the folder, or no folder', async () => {
    for (const name of ['empty', 'nowhere']) {
      const refused = await http.post<Problem>('/v1/base-models', { name, digest: 'a'.repeat(64) });
      expect(refused).toMatchObject({ status: 422, body: { code: 'BASE_MODEL_UNREADABLE' } });
      expect(refused.body.detail).toContain(name);
      expect(refused.body.detail).not.toMatch(/(^|\s)\//);
    }
  });

  it('are published once by the manifest of their files, and federations name it from then on', async () => {
    await registerModel();
    const folder = join(bench.settings.modelsFolder, 'tiny');
    const { manifest, digest, files } = await publishModel(folder, bench.artifacts);
    const body = { name: 'tiny', digest, manifest };
    const publish = () => http.post<BaseModelResource>('/v1/base-models', body);
    const first = await publish();
    expect(first).toMatchObject({ status: 200, body });
    expect(await publish()).toEqual(first);
    expect((await http.get('/v1/base-models')).body).toEqual({ baseModels: [first.body] });
    const { events } = (await http.get<EventPage>('/v1/events')).body;
    const published = events.filter(({ type }) => type === 'BaseModelPublished');
    expect(published.map(({ data }) => data)).toEqual([
      { name: 'tiny', manifest, files: files.map(({ name, bytes, sha256 }) => ({ name, bytes, artifact: sha256 })) },
    ]);
    const longAgo = new Date(Date.now() - 7_200_000);
    for (const named of [manifest, ...files.map(({ sha256 }) => sha256)])
      await utimes(bench.artifacts.path(named), longAgo, longAgo);
    const { body: collection } = await http.post<CollectionResource>('/v1/artifacts/collect');
    expect(collection).toMatchObject({ artifacts: { count: 0 }, needed: { count: files.length + 1 } });
  });

  it('are not published by a manifest that is missing, of another model, or lacks a file', async () => {
    const publish = (manifest: string) =>
      http.post<Problem>('/v1/base-models', { name: 'tiny', digest: bench.modelDigest, manifest });
    const store = (files: object) => bench.artifacts.put(new TextEncoder().encode(JSON.stringify({ files })));
    const file = { name: 'config.json', bytes: 3, sha256: 'b'.repeat(64) };
    const other = await store([file]);
    for (const [manifest, reason] of [
      ['c'.repeat(64), 'is missing'],
      [await store([]), 'is malformed: '],
      [other, `manifest ${other} is of the model with digest `],
    ] as const) {
      const refused = await publish(manifest);
      expect(refused).toMatchObject({ status: 422, body: { code: 'BASE_MODEL_MANIFEST_REFUSED' } });
      expect(refused.body.detail).toContain(reason);
    }
    const { manifest, files } = await publishModel(join(bench.settings.modelsFolder, 'tiny'), bench.artifacts);
    const lacking = await bench.artifacts.put(
      new TextEncoder().encode(JSON.stringify({ files: [...files].reverse() })),
    );
    expect(lacking).not.toBe(manifest);
    await rm(bench.artifacts.path(files[0]?.sha256 ?? ''));
    expect((await publish(lacking)).body.detail).toBe(`Artifact ${files[0]?.sha256} is missing`);
    await publishModel(join(bench.settings.modelsFolder, 'tiny'), bench.artifacts);
  });

  it('cannot lie outside the models folder', async () => {
    const refused = await http.post<Problem>('/v1/base-models', { name: '../tiny', digest: bench.modelDigest });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ field: 'name', value: '../tiny' }] } });
  });
});

describe('clients', () => {
  it('are registered once and keep their description', async () => {
    const body = { name: 'hospital', description: 'Triage notes' };
    expect((await http.post('/v1/clients', body)).status).toBe(201);
    expect((await http.post('/v1/clients', body)).status).toBe(200);
    const conflict = await http.post<Problem>('/v1/clients', { ...body, description: 'Something else' });
    expect(conflict).toMatchObject({ status: 409, body: { code: 'CLIENT_CONFLICT' } });
    expect((await http.get('/v1/clients/hospital')).body).toMatchObject(body);
    expect((await http.get<Problem>('/v1/clients/nobody')).body.code).toBe('CLIENT_NOT_FOUND');
  });
});

describe('creating a federation', () => {
  it('names every wrong field, its value and the limit', async () => {
    const body = { baseModel: 'tiny', clients: [], configuration: { rounds: 0, rank: 'eight', colour: 'red' } };
    const { status, body: refused } = await http.post<Problem>('/v1/federations', body);
    expect(status).toBe(400);
    expect(refused.errors).toEqual(
      expect.arrayContaining([
        { field: 'configuration.rounds', value: 0, message: expect.stringContaining('>=1') },
        { field: 'configuration.rank', value: 'eight', message: expect.stringContaining('expected number') },
        { field: 'configuration.colour', value: 'red', message: 'there is no such field' },
        { field: 'clients', value: [], message: expect.stringContaining('>=1') },
      ]),
    );
  });

  it('names wrong training options by field, value and limit', async () => {
    const configuration = {
      weightDecay: 3,
      earlyStopping: { evaluateEvery: 5 },
      targetModules: ['q_proj', 'down proj'],
      weights: 'int2',
    };
    const body = { baseModel: 'tiny', clients: ['ward', 'bank'], configuration };
    const { status, body: refused } = await http.post<Problem>('/v1/federations', body);
    expect(status).toBe(400);
    expect(refused.errors).toEqual([
      { field: 'configuration.weightDecay', value: 3, message: expect.stringContaining('<=1') },
      { field: 'configuration.earlyStopping.patience', message: expect.stringContaining('expected number') },
      {
        field: 'configuration.targetModules.1',
        value: 'down proj',
        message: expect.stringContaining("a layer's name"),
      },
      { field: 'configuration.weights', value: 'int2', message: expect.stringContaining('"float32"|"bfloat16"') },
    ]);
  });

  it('refuses what is not registered', async () => {
    const unknownModel = await http.post<Problem>('/v1/federations', { baseModel: 'unknown', clients: ['bank'] });
    expect(unknownModel).toMatchObject({ status: 422, body: { code: 'BASE_MODEL_NOT_REGISTERED' } });
    await registerModel();
    const unknownClients = await http.post<Problem>('/v1/federations', {
      baseModel: 'tiny',
      clients: ['nobody', 'none'],
    });
    expect(unknownClients).toMatchObject({ status: 422, body: { details: { missing: ['nobody', 'none'] } } });
  });

  it("adapts the model's layers that are targeted, and refuses what is none of them by field, value and layers", async () => {
    await registerModel();
    for (const client of ['ward', 'bank']) await register(client);
    const creating = <Body>(targetModules: readonly string[]) =>
      http.post<Body>('/v1/federations', {
        baseModel: 'tiny',
        clients: ['ward', 'bank'],
        configuration: { targetModules },
      });
    const refused = await creating<Problem>(['q_proj', 'z_proj']);
    expect(refused).toMatchObject({ status: 422, body: { code: 'TARGET_MODULES_UNKNOWN' } });
    expect(refused.body.errors).toEqual([
      {
        field: 'configuration.targetModules',
        value: ['q_proj', 'z_proj'],
        message: expect.stringMatching(/^target "z_proj" is no linear layer; those of llama are q_proj, k_proj, /),
      },
    ]);
    const created = await creating<FederationResource>(['mlp.down_proj', 'model.layers.1.self_attn.k_proj']);
    expect(created.status).toBe(201);
    const names = created.body.modules.map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('mlp.down_proj'))).toHaveLength(names.length - 1);
    expect(names).toContain('model.layers.1.self_attn.k_proj');
    await http.post(`/v1/federations/${created.body.id}/cancel`);
  });

  it('is foreseen: everything that is wrong at once, the nearest limits that can be met, and what it would take', async () => {
    await registerModel();
    for (const client of ['ward', 'bank', 'shop']) await register(client);
    const validate = async (body: unknown): Promise<ValidationResource> => {
      const answer = await http.post<ValidationResource>('/v1/federations/validate', body);
      expect(answer.status).toBe(200);
      return answer.body;
    };
    const shape = await validate({ clients: [], configuration: { rounds: 0, colour: 'red' } });
    expect(shape).toMatchObject({ valid: false, estimate: null });
    expect(shape.errors.map(({ field }) => field)).toEqual([
      'baseModel',
      'clients',
      'configuration.rounds',
      'configuration.colour',
    ]);
    const configuration = { maxLength: 64, maxNewTokens: 64, warmupSteps: 300, expertChoices: 4 };
    const wrong = await validate({ baseModel: 'unknown', clients: ['ward', 'nobody', 'ward'], configuration });
    expect(wrong.errors.map(({ field }) => field)).toEqual([
      'baseModel',
      'clients.1',
      'clients',
      'configuration.maxNewTokens',
      'configuration.warmupSteps',
    ]);
    expect(wrong.infeasibilities).toMatchObject([{ code: 'CHOICES_EXCEED_CLIENTS', by: 1 }, { by: 5 }]);
    expect(wrong.nearest).toMatchObject({ expertChoices: 3 });
    const both = await validate({
      ...{ baseModel: 'unknown', clients: ['ward', 'nobody'] },
      configuration: { rank: 'eight', colour: 'red', minExperts: 9, stepsPerRound: 0, warmupSteps: 900 },
    });
    expect(both.errors.map(({ field }) => field)).toEqual([
      'configuration.stepsPerRound',
      'configuration.rank',
      'configuration.colour',
      'baseModel',
      'clients.1',
    ]);
    expect(both.infeasibilities.map(({ code }) => code)).toContain('MIN_EXCEEDS_MAX');
    expect(both).toMatchObject({ nearest: { minExperts: 6 }, estimate: null });
    const undecided = await validate({ baseModel: 'tiny', clients: ['ward'], configuration: { minExperts: 'many' } });
    expect(undecided).toMatchObject({ errors: [{ field: 'configuration.minExperts' }], infeasibilities: [] });
    const good = await validate({ baseModel: 'tiny', clients: ['ward', 'bank', 'shop'], configuration: { rounds: 3 } });
    expect(good).toMatchObject({ valid: true, errors: [], nearest: null, estimate: { steps: 600, experts: 9 } });
    const { transferBytes } = good.estimate ?? {};
    expect(transferBytes?.least).toBeLessThan(transferBytes?.mean ?? 0);
    expect((await http.get<FederationPageResource>('/v1/federations?status=created')).body.federations).toEqual([]);
  });

  it('refuses limits that no assignment can satisfy, and says which and by how much', async () => {
    await registerModel();
    await register('bank');
    const refused = await http.post<Problem>('/v1/federations', { baseModel: 'tiny', clients: ['bank'] });
    expect(refused).toMatchObject({ status: 422, body: { code: 'FEDERATION_INFEASIBLE' } });
    expect(refused.body.detail).toContain('k <= C: an expert picks 2 of 1 clients (off by 1)');
    expect((await http.get<FederationPageResource>('/v1/federations?status=created')).body.federations).toEqual([]);
  });
});

describe('a federation', () => {
  let workers: StandInWorkers;
  let federation: FederationResource;

  async function create(name: string, options = {}): Promise<FederationResource> {
    await registerModel();
    for (const client of ['ward', 'bank']) await register(client);
    const configuration = { rounds: 2, stepsPerRound: 5, ...options };
    const body = { name, baseModel: 'tiny', clients: ['ward', 'bank'], configuration };
    const created = await http.post<FederationResource>('/v1/federations', body);
    expect(created.status).toBe(201);
    return created.body;
  }
  const reached = (id: string, status: string): Promise<FederationResource> =>
    eventually(async () => {
      const { body } = await http.get<FederationResource>(`/v1/federations/${id}`);
      return body.status === status ? body : null;
    });

  it('runs from round to round until it is completed', async () => {
    federation = await create('Two rounds');
    expect(federation).toMatchObject({ status: 'created', clients: ['bank', 'ward'], startedAt: null });
    expect(federation.configuration).toMatchObject({ rounds: 2, experts: 6, rank: 8 });
    const started = await http.post<FederationResource>(`/v1/federations/${federation.id}/start`);
    expect(started).toMatchObject({ status: 200, body: { status: 'running' } });
    expect((await http.post(`/v1/federations/${federation.id}/start`)).status).toBe(200);
    workers = await standInWorkers({ settings: bench.settings.queue, artifacts: bench.artifacts });
    expect(await reached(federation.id, 'completed')).toMatchObject({ round: 2, finishedAt: expect.any(String) });
    await workers.close();
    const each = [
      '0.aggregation',
      '0.bank',
      '0.ward',
      '1.aggregation',
      '1.bank',
      '1.ward',
      '2.aggregation',
      '2.bank',
      '2.ward',
    ];
    expect([...workers.taken].sort()).toEqual(each.map((part) => `${federation.id}.${part}.1`));
  });

  it('shows what every round measured', async () => {
    const { body } = await http.get<RoundList>(`/v1/federations/${federation.id}/rounds`);
    expect(body.rounds.map((round) => round.state)).toEqual(['completed', 'completed', 'completed']);
    expect(body.rounds[0]?.clients[0]).toMatchObject({ client: 'bank', baseline: { metrics: { rougeL: 0.5 } } });
    const second = await http.get<RoundResource>(`/v1/federations/${federation.id}/rounds/2`);
    expect(second.body.clients[1]).toMatchObject({ client: 'ward', result: { metrics: { rougeL: 0.7 }, steps: 5 } });
    expect(second.body.aggregated).toMatchObject({ poolBytes: 100 });
    const third = await http.get<Problem>(`/v1/federations/${federation.id}/rounds/3`);
    expect(third).toMatchObject({ status: 404, body: { code: 'ROUND_NOT_FOUND' } });
  });

  it('shows who holds which experts', async () => {
    const { body } = await http.get<AssignmentResource>(`/v1/federations/${federation.id}/assignments?round=1`);
    expect(body.round).toBe(1);
    expect(Object.keys(body.assignment)).toEqual(['bank', 'ward']);
    expect((await http.get<AssignmentResource>(`/v1/federations/${federation.id}/assignments`)).body.round).toBe(2);
    expect((await http.get(`/v1/federations/${federation.id}/assignments?round=3`)).status).toBe(404);
  });

  it('hands out adapters, verified', async () => {
    const path = `/v1/federations/${federation.id}/adapters`;
    const { body } = await http.get<AdapterList>(path);
    expect(body.adapters.map(({ client, round }) => [client, round])).toEqual([
      ['bank', 2],
      ['ward', 2],
    ]);
    const file = await http.raw(`${path}/ward?round=1`);
    expect(file.headers.get('content-type')).toBe('application/octet-stream');
    expect(file.headers.get('content-disposition')).toContain('ward-round-1.safetensors');
    expect(await file.text()).toBe('adapter of ward in round 1');
    expect((await http.get(`${path}/nobody`)).status).toBe(404);
    const digest = body.adapters.find(({ client }) => client === 'bank')?.digest ?? '';
    rmSync(bench.artifacts.path(digest));
    expect(await http.get(`${path}/bank`)).toMatchObject({ status: 404, body: { code: 'ARTIFACT_MISSING' } });
  });

  it('appears in the list with its means', async () => {
    const { body } = await http.get<FederationPageResource>('/v1/federations?status=completed&limit=1');
    expect(body.federations[0]).toMatchObject({
      id: federation.id,
      baselineRougeL: 0.5,
      bestRougeL: 0.7,
      baselineAccuracy: 0.75,
      bestScore: 0.7,
      bestRound: 2,
    });
  });

  it('tells its events, page by page and as they happen', async () => {
    const path = `/v1/federations/${federation.id}/events`;
    const first = await http.get<EventPage>(`${path}?limit=3`);
    expect(first.body.events.map((event) => event.type)).toEqual([
      'FederationCreated',
      'FederationStarted',
      'RoundStarted',
    ]);
    const next = await http.get<EventPage>(`${path}?limit=100&after=${first.body.next}`);
    expect(next.body.events[0]?.version).toBe(4);
    expect(next.body.events.at(-1)?.type).toBe('FederationCompleted');
    expect(next.body.next).toBeNull();

    const stream = await http.raw(`${path}/stream`, {
      'last-event-id': String((next.body.events.at(-1)?.version ?? 0) - 1),
    });
    const reader = stream.body?.getReader();
    let text = '';
    while (!text.includes('\n\n')) text += new TextDecoder().decode((await reader?.read())?.value);
    expect(text).toContain('event: FederationCompleted');
    await reader?.cancel();

    const all = await http.get<EventPage>('/v1/events?limit=500');
    expect(all.body.events.filter((event) => event.stream === `federation-${federation.id}`)).toHaveLength(
      first.body.events.length + next.body.events.length,
    );
    const cursor = all.body.events.at(-2)?.cursor;
    expect((await http.get<EventPage>(`/v1/events?after=${cursor}`)).body.events).toHaveLength(1);
    expect((await http.get('/v1/events?after=yesterday')).status).toBe(400);
  });

  it('holds frozen weights in the form that "auto" came to, and shows what that was decided by', async () => {
    const { id, weightForm } = await create('Auto', { weights: 'auto' });
    expect(weightForm).toBeNull();
    const forms: string[] = [];
    workers = await standInWorkers({
      settings: bench.settings.queue,
      artifacts: bench.artifacts,
      beforeTraining: async ({ kind, configuration }) => void forms.push(`${kind} ${configuration.weights}`),
    });
    await http.post(`/v1/federations/${id}/start`);
    expect(await reached(id, 'completed')).toMatchObject({
      configuration: { weights: 'auto' },
      weightForm: 'int8',
      weightFormsCompared: [
        { form: 'float32', secondsPerStep: 1.8, lossDifference: 0, scoreDifference: 0 },
        { form: 'int8', secondsPerStep: 1, lossDifference: 0.0078125, scoreDifference: 0 },
      ],
    });
    await workers.close();
    expect([...new Set(forms)]).toEqual(['measure-baseline auto', 'train int8']);
    const { body } = await http.get<EventPage>(`/v1/federations/${id}/events?limit=100`);
    expect(body.events.filter(({ type }) => type === 'WeightFormChosen')).toHaveLength(1);
    const other = await create('Configured');
    expect(other).toMatchObject({ weightForm: 'float32', weightFormsCompared: null });
    await http.post(`/v1/federations/${other.id}/cancel`);
  });

  it('shows how far running jobs are, and ends when it is cancelled', async () => {
    const { id } = await create('Cancelled');
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    workers = await standInWorkers({
      settings: bench.settings.queue,
      artifacts: bench.artifacts,
      beforeTraining: async (_job, { reportProgress }) => {
        reportProgress({ phase: 'evaluating', step: 3, steps: 5, loss: 2.5, tokensPerSecond: 100 });
        await released;
      },
    });
    await http.post(`/v1/federations/${id}/start`);
    const progress = await eventually(async () => {
      const { body } = await http.get<ProgressResource>(`/v1/federations/${id}/progress`);
      return body.clients[0]?.step === 3 ? body : null;
    });
    expect(progress).toMatchObject({ status: 'running', round: 0, rounds: 2, aggregation: 'waiting' });
    expect(progress.clients).toEqual([
      {
        ...{ client: 'bank', state: 'running', phase: 'evaluating', step: 3, steps: 5 },
        ...{ loss: 2.5, tokensPerSecond: 100, unplaced: null },
      },
      {
        ...{ client: 'ward', state: 'waiting', phase: null, step: 0, steps: 0 },
        ...{ loss: null, tokensPerSecond: null, unplaced: null },
      },
    ]);

    const cancelled = await http.post<FederationResource>(`/v1/federations/${id}/cancel`, { reason: 'enough' });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', reason: 'enough' } });
    const before = (await http.get<EventPage>(`/v1/federations/${id}/events`)).body.events.length;
    await eventually(async () => {
      const { body } = await http.get<ProgressResource>(`/v1/federations/${id}/progress`);
      return body.clients[1]?.state === 'waiting' ? body : null;
    });
    release();
    const refused = await http.post<Problem>(`/v1/federations/${id}/start`);
    expect(refused).toMatchObject({ status: 409, body: { code: 'FEDERATION_ALREADY_FINISHED' } });
    await workers.close();
    // what was done before its worker heard of the end is kept
    const { events } = (await http.get<EventPage>(`/v1/federations/${id}/events`)).body;
    for (const { type } of events.slice(before)) expect(type).toBe('LateResultRecorded');
  });
});

describe('the documentation', () => {
  it('describes every endpoint with its schemas', async () => {
    const { body } = await http.get<{ paths: Record<string, unknown> }>('/docs-json');
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/v1/federations', '/v1/federations/{id}/rounds']));
    type Operation = { parameters?: { name: string }[]; requestBody?: unknown };
    for (const [path, operations] of Object.entries(body.paths as Record<string, Record<string, Operation>>)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
      for (const { parameters = [] } of Object.values(operations)) {
        expect(parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(inPath));
      }
    }
    const federations = body.paths['/v1/federations'] as Record<'get' | 'post', Operation>;
    const { components } = body as unknown as { components: { schemas: Record<string, object> } };
    expect(federations.post.requestBody).toMatchObject({
      content: { 'application/json': { schema: { $ref: '#/components/schemas/CreateFederation' } } },
    });
    const described = JSON.stringify(components.schemas['FederationConfiguration']);
    for (const words of ['LoRA rank r of every expert.', 'Decoupled weight decay', 'Which linear layers are adapted']) {
      expect(described).toContain(words);
    }
    expect(federations.get.parameters?.map(({ name }) => name)).toEqual(['status', 'limit', 'after']);
    expect((await http.raw('/docs')).status).toBe(200);
  });
});
