/** Workers, queues and parked jobs as operators, viewers and sites see them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase } from '@fedamole/event-store';
import { announceWorker, type Announcer } from '@fedamole/queues';
import type { RunningService } from '@fedamole/services';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { FederationResource } from '../federations/schemas.js';
import { announced } from '../fixtures/announced-trainer.js';
import { HttpClient } from '../fixtures/http-client.js';
import { standInWorkers } from '../fixtures/stand-in-workers.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';
import { ApiKeys } from '../keys/api-keys.js';
import type { QueueList } from '../queues/schemas.js';
import type { WorkerList } from './schemas.js';

let bench: TestBench;
let api: RunningService;
let operator: HttpClient;
let viewer: HttpClient;
/** Stands for the ward. */
let site: HttpClient;

beforeAll(async () => {
  bench = await testBench();
  const database = openDatabase(bench.settings.databaseUrl, () => undefined);
  const keys = new ApiKeys(database.prisma);
  const own = { description: 'operations', expiresAt: null };
  const made = {
    operator: await keys.make({ ...own, scope: 'operator', clients: [] }),
    viewer: await keys.make({ ...own, scope: 'viewer', clients: [] }),
    site: await keys.make({ ...own, scope: 'site', clients: ['ward'] }),
  };
  await database.close();
  api = await startApi({ ...bench.settings, access: 'keys' }, pino({ level: 'silent' }));
  operator = new HttpClient(api.url, made.operator.key);
  viewer = new HttpClient(api.url, made.viewer.key);
  site = new HttpClient(api.url, made.site.key);
  await operator.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
  for (const name of ['ward', 'bank']) await operator.post('/v1/clients', { name });
});
afterAll(async () => {
  await api.close();
  await bench.close();
});

/** As soon as so many live. */
const workersOf = (http: HttpClient, count: number): Promise<WorkerList> =>
  eventually(async () => {
    const { body } = await http.get<WorkerList>('/v1/workers');
    return body.workers.length === count ? body : null;
  });

describe('the workers that live', () => {
  const announcers: Announcer[] = [];
  beforeAll(async () => {
    const { queue } = bench.settings;
    const running = [
      {
        id: 'one.2.ward.1',
        seconds: 90,
        progress: { phase: 'training' as const, step: 7, steps: 50, loss: 2, tokensPerSecond: 812.5 },
      },
      { id: 'two.0.bank.1', seconds: 5, progress: null },
    ];
    const all = () => ({ ...announced({ clients: ['bank', 'ward'], labels: ['gpu=h100'] }), jobs: running });
    announcers.push(await announceWorker(queue, all, console.error));
    announcers.push(await announceWorker(queue, () => announced({ clients: ['bank'] }), console.error));
    const merging = [
      { id: 'one.3.aggregation.1', seconds: 2, progress: null },
      { id: 'one.3', seconds: 1, progress: null },
    ];
    const aggregator = {
      kind: 'aggregator' as const,
      host: 'here',
      version: '0.1.0',
      uptimeSeconds: 60,
      jobs: merging,
    };
    announcers.push(await announceWorker(queue, () => aggregator, console.error));
  });
  afterAll(async () => {
    for (const announcer of announcers) await announcer.close();
  });

  it('are all there for operators and viewers: what each can, what it runs, how fast and since when', async () => {
    const { workers, current } = await workersOf(operator, 3);
    expect(current).toBe(true);
    expect(workers).toEqual(
      (await workersOf(viewer, 3)).workers.map((worker) => expect.objectContaining({ id: worker.id })),
    );
    const trainer = workers.find(({ jobs, kind }) => kind === 'trainer' && jobs.length > 0);
    expect(trainer).toMatchObject({
      ...{ id: announcers[0]?.id, host: 'here', version: '0.1.0', problems: [] },
      trainer: {
        pool: 'default',
        clients: ['bank', 'ward'],
        labels: ['gpu=h100'],
        device: 'cpu',
        baseModels: ['tiny'],
      },
      jobs: [
        { federation: 'one', round: 2, client: 'ward', phase: 'training', step: 7, steps: 50, tokensPerSecond: 812.5 },
        { federation: 'two', round: 0, client: 'bank', phase: null, tokensPerSecond: null },
      ],
    });
    expect(Date.parse(trainer?.jobs[1]?.since ?? '')).toBeGreaterThan(Date.parse(trainer?.jobs[0]?.since ?? ''));
    expect(workers.find(({ kind }) => kind === 'aggregator')).toMatchObject({
      trainer: null,
      jobs: [
        { federation: 'one', round: 3, client: null },
        { federation: 'one', round: 3, client: null },
      ],
    });
  });

  it('are told by name where they differ from others of their pool', async () => {
    const { workers } = await workersOf(operator, 3);
    expect(workers.flatMap(({ id, problems }) => (problems.length > 0 ? [{ id, problems }] : []))).toEqual([
      {
        id: announcers[1]?.id,
        problems: [
          'does not reach "ward", which other trainers of pool "default" reach',
          'lacks gpu=h100, which other trainers of pool "default" have',
        ],
      },
    ]);
    const text = await (await operator.raw('/metrics')).text();
    expect(text).toContain('\nfedamole_pool_problems 2\n');
    expect(text).toContain('\nfedamole_workers{kind="aggregator"} 1\n');
  });

  it('are for a site those that reach its clients, with nothing of others', async () => {
    const { workers } = await workersOf(site, 1);
    expect(workers[0]).toMatchObject({
      id: announcers[0]?.id,
      trainer: { clients: ['ward'] },
      jobs: [{ client: 'ward' }],
      problems: [],
    });
    expect(JSON.stringify(workers)).not.toContain('bank');
  });
});

describe('the queues', () => {
  it('tell how full they are, which jobs are parked and why, and where these are retried', async () => {
    const broken = new Set(['bank', 'ward']);
    const workers = await standInWorkers({
      settings: bench.settings.queue,
      artifacts: bench.artifacts,
      beforeTraining: async ({ client }) => {
        if (broken.has(client)) throw new Error(`the vault of ${client} is locked`);
      },
    });
    const configuration = { rounds: 1, expertChoices: 2, clientAttempts: 1 };
    const body = { name: 'parked', baseModel: 'tiny', clients: ['ward', 'bank'], configuration };
    const { id } = (await operator.post<FederationResource>('/v1/federations', body)).body;
    await operator.post(`/v1/federations/${id}/start`);
    const told = await eventually(async () => {
      const { body: found } = await viewer.get<QueueList>('/v1/queues');
      // a job is removed a moment after its outcome was recorded, and who lives is looked at once a second
      const settled = found.queues.every(
        (queue) => queue.jobs.failed === 0 && (queue.pool === null || queue.workers === 1),
      );
      return found.parked.length === 2 && settled ? found : null;
    });
    expect(told.queues.map(({ name, pool }) => [name, pool])).toEqual([
      ['aggregation', null],
      ['replay', null],
      ['training.default', 'default'],
    ]);
    const nothing = { waiting: 0, delayed: 0, running: 0, completed: 0, failed: 0 };
    expect(told.queues[2]).toMatchObject({ workers: 1, jobs: nothing, oldestAgeSeconds: null });
    const parked = told.parked.find(({ client }) => client === 'ward');
    expect(parked).toEqual({
      ...{ federation: id, federationName: 'parked', round: 0, client: 'ward', attempt: 1 },
      error: 'the vault of ward is locked',
      failedAt: expect.stringMatching(/^\d{4}-/),
      retry: `/v1/federations/${id}/rounds/0/clients/ward/retry`,
    });

    const ofSite = (await site.get<QueueList>('/v1/queues')).body;
    expect(ofSite).toEqual({ queues: [], parked: [parked] });

    broken.clear();
    for (const { retry } of told.parked) expect((await operator.post(retry)).status).toBe(200);
    await operator.post(`/v1/federations/${id}/resume`);
    await eventually(async () => {
      const found = (await operator.get<FederationResource>(`/v1/federations/${id}`)).body;
      return found.status === 'completed' ? true : null;
    });
    expect((await operator.get<QueueList>('/v1/queues')).body.parked).toEqual([]);
    await workers.close();
  });

  it('and the workers are nobody’s without a key', async () => {
    const stranger = new HttpClient(api.url);
    expect((await stranger.get('/v1/workers')).status).toBe(401);
    expect((await stranger.get('/v1/queues')).status).toBe(401);
  });
});
