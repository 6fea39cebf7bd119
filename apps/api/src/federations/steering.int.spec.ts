import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningService } from '@fedamole/services';
import type { TrainingJob } from '@fedamole/queues';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { EventPage } from '../events/schemas.js';
import { HttpClient } from '../fixtures/http-client.js';
import type { StandInWorkers } from '../fixtures/stand-in-workers.js';
import { standInWorkers } from '../fixtures/stand-in-workers.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';
import type { Problem } from '../http/problem.js';
import type { AssignmentResource } from '../assignments/schemas.js';
import type { RoundResource } from './rounds-schemas.js';
import type { FederationResource } from './schemas.js';

let bench: TestBench;
let api: RunningService;
let http: HttpClient;
let workers: StandInWorkers | null = null;

beforeAll(async () => {
  bench = await testBench();
  api = await startApi(bench.settings, pino({ level: 'silent' }));
  http = new HttpClient(api.url);
  await http.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
  for (const name of ['ana', 'ben', 'cem', 'dora']) await http.post('/v1/clients', { name });
});
afterEach(async () => {
  await workers?.close();
  workers = null;
});
afterAll(async () => {
  await api.close();
  await bench.close();
});

async function work(beforeTraining: (job: TrainingJob, signal: AbortSignal) => Promise<void>): Promise<void> {
  workers = await standInWorkers({
    settings: bench.settings.queue,
    artifacts: bench.artifacts,
    trainers: 3,
    beforeTraining: (job, { signal }) => beforeTraining(job, signal),
  });
}

/** Two or three clients that hold any experts: each expert picks one of them. */
async function start(configuration: object, clients = ['ana', 'ben', 'cem']): Promise<string> {
  const limits = { experts: 6, expertChoices: 1, minExperts: 1, maxExperts: 6, topK: 1, retryBackoff: 0.05 };
  const body = {
    baseModel: 'tiny',
    clients,
    configuration: { rounds: 2, stepsPerRound: 5, ...limits, ...configuration },
  };
  const { body: created } = await http.post<FederationResource>('/v1/federations', body);
  await http.post(`/v1/federations/${created.id}/start`);
  return created.id;
}

const post = <Body>(id: string, path: string, body?: object) => http.post<Body>(`/v1/federations/${id}/${path}`, body);
const roundOf = async (id: string, round: number) =>
  (await http.get<RoundResource>(`/v1/federations/${id}/rounds/${round}`)).body;
const typesOf = async (id: string) =>
  (await http.get<EventPage>(`/v1/federations/${id}/events?limit=500`)).body.events.map(({ type }) => type);
const reached = (id: string, status: string) =>
  eventually(async () => {
    const { body } = await http.get<FederationResource>(`/v1/federations/${id}`);
    return body.status === status ? body : null;
  });

describe('a straggler', () => {
  it('is left behind at the deadline, where the quorum is reached; its late result is kept and not merged', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await work(async ({ round, client }) => {
      if (round === 1 && client === 'ben') await released;
    });
    const id = await start({ quorum: 0.6, roundDeadline: 2 });
    expect(await reached(id, 'completed')).toMatchObject({ round: 2 });
    const missing = [{ client: 'ben', reason: 'no answer by the deadline' }];
    expect(await roundOf(id, 1)).toMatchObject({
      closed: { answered: ['ana', 'cem'], missing, cause: 'deadline', next: ['ana', 'cem'] },
      clients: [{ client: 'ana' }, { client: 'ben', result: null, late: null }, { client: 'cem' }],
    });
    const { body } = await http.get<AssignmentResource>(`/v1/federations/${id}/assignments?round=2`);
    expect(Object.keys(body.assignment)).toEqual(['ana', 'cem']);
    release();
    await eventually(async () => ((await typesOf(id)).at(-1) === 'LateResultRecorded' ? true : null));
    expect(await roundOf(id, 1)).toMatchObject({
      clients: [{}, { client: 'ben', result: null, late: { steps: 5 } }, {}],
    });
  });
});

describe('a client that fails for good', () => {
  it('pauses the federation, which says why; another attempt or its leaving takes it on', async () => {
    let broken = true;
    const trials: string[] = [];
    await work(async ({ kind, client, attempt }) => {
      if (kind !== 'train' || client !== 'ben') return;
      trials.push(`attempt ${attempt}`);
      if (broken) throw new Error('no data for "ben"');
    });
    const id = await start({ clientAttempts: 2 });
    const paused = await reached(id, 'paused');
    expect(paused).toMatchObject({ pauseCause: 'quorum', round: 1 });
    expect(paused.reason).toBe(
      '2 of 3 clients answered in round 1, and the quorum of 1 asks for 3 of 3. Missing: "ben": no data for "ben"',
    );
    expect(trials).toEqual(['attempt 1', 'attempt 1']);
    expect(await roundOf(id, 1)).toMatchObject({ state: 'paused', closed: null, clients: [{}, { attempt: 1 }, {}] });

    const retried = await post(id, 'rounds/1/clients/ben/retry');
    expect(retried).toMatchObject({ status: 200, body: { status: 'paused' } });
    broken = false;
    expect((await post<FederationResource>(id, 'resume')).body).toMatchObject({ status: 'running', reason: null });
    await reached(id, 'completed');
    expect(trials.slice(2)).toEqual(['attempt 2', 'attempt 1']);
    expect(await post<Problem>(id, 'rounds/1/clients/ben/retry')).toMatchObject({
      status: 409,
      body: { code: 'FEDERATION_ALREADY_FINISHED' },
    });
  });

  it('may leave for good: the others go on without it, and it may come back', async () => {
    await work(async ({ kind, client, round }) => {
      if (kind === 'train' && client === 'ben' && round === 1) throw new Error('unplugged');
    });
    const id = await start({ clientAttempts: 1, rounds: 30 });
    await reached(id, 'paused');
    expect(await post(id, 'clients/ben/leave', { reason: 'moved away' })).toMatchObject({ body: { left: ['ben'] } });
    await post(id, 'resume');
    await eventually(async () => ((await roundOf(id, 2)).startedAt ? true : null));
    expect((await roundOf(id, 2)).clients.map(({ client }) => client)).toEqual(['ana', 'cem']);
    expect((await post<Problem>(id, 'clients/nobody/join')).body).toMatchObject({ code: 'CLIENTS_NOT_REGISTERED' });
    expect(await post(id, 'clients/ben/join')).toMatchObject({ status: 200, body: { left: [] } });
    expect(await post(id, 'clients/dora/join')).toMatchObject({ body: { clients: ['ana', 'ben', 'cem', 'dora'] } });
    const all = await eventually(async () => {
      const { body } = await http.get<AssignmentResource>(`/v1/federations/${id}/assignments`);
      return Object.keys(body.assignment).length === 4 ? body : null;
    });
    expect(Object.keys(all.assignment)).toEqual(['ana', 'ben', 'cem', 'dora']);
    await post(id, 'cancel');
  });
});

describe('a pause', () => {
  it('withdraws what waits, and the federation goes on where it stood', async () => {
    const id = await start({});
    await eventually(async () => ((await post(id, 'pause', { reason: 'maintenance' })).status === 200 ? true : null));
    expect(await reached(id, 'paused')).toMatchObject({ pauseCause: 'operator', reason: 'maintenance' });
    expect(await post<Problem>(id, 'start')).toMatchObject({ status: 409, body: { code: 'FEDERATION_PAUSED' } });
    await work(async () => undefined);
    await post(id, 'resume');
    await reached(id, 'completed');
    const types = await typesOf(id);
    expect(types.filter((type) => type === 'BaselineMeasured')).toHaveLength(3);
    expect(types.filter((type) => type === 'RoundClosed')).toHaveLength(3);
  });
});

describe('a fork', () => {
  it('goes on from a round of its parent, with other settings, and measures no baseline', async () => {
    await work(async () => undefined);
    const id = await start({});
    await reached(id, 'completed');
    const forked = await post<FederationResource>(id, 'fork', {
      round: 1,
      name: 'Faster',
      configuration: { rounds: 1, learningRate: 0.001 },
    });
    expect(forked).toMatchObject({
      status: 201,
      body: { name: 'Faster', status: 'created', parent: { federationId: id, round: 1 }, rounds: 1 },
    });
    expect(forked.body.configuration).toMatchObject({ learningRate: 0.001, experts: 6, stepsPerRound: 5 });
    const fork = forked.body.id;
    await post(fork, 'start');
    await reached(fork, 'completed');
    expect(await typesOf(fork)).not.toContain('BaselineMeasured');
    expect(workers?.taken.filter((job) => job.startsWith(fork)).sort()).toEqual(
      ['aggregation', 'ana', 'ben', 'cem'].map((name) => `${fork}.1.${name}.1`),
    );
  });

  it('is refused by name: without a pool, with another shape, or with a field that there is not', async () => {
    await work(async () => undefined);
    const id = await start({});
    await reached(id, 'completed');
    const fork = (body: object) => post<Problem>(id, 'fork', body);
    expect(await fork({ round: 7 })).toMatchObject({ status: 409, body: { code: 'ROUND_WITHOUT_POOL' } });
    expect(await fork({ round: 1, configuration: { rank: 16 } })).toMatchObject({
      status: 422,
      body: { code: 'CONFIGURATION_CONFLICT', details: { field: 'rank', value: 16, limit: 8 } },
    });
    const { status, body } = await fork({ round: 1, configuration: { colour: 'red', learningRate: -1 } });
    expect(status).toBe(400);
    expect(body.errors?.map(({ field }) => field).sort()).toEqual([
      'configuration.colour',
      'configuration.learningRate',
    ]);
  });
});
