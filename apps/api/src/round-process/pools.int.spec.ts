import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { QueueSettings, TrainerAbilities } from '@fedamole/queues';
import { announceWorker } from '@fedamole/queues';
import { redisProgram, startTestRedis, type TestRedis } from '@fedamole/queues/fixtures';
import type { RunningService } from '@fedamole/services';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { EventPage } from '../events/schemas.js';
import type { ProgressResource } from '../federations/progress-schemas.js';
import type { FederationResource } from '../federations/schemas.js';
import type { ValidationResource } from '../federations/validation-schemas.js';
import { announced } from '../fixtures/announced-trainer.js';
import { HttpClient } from '../fixtures/http-client.js';
import { standInWorkers, type StandInWorkers } from '../fixtures/stand-in-workers.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';

function placesJobs(queueOf: (bench: TestBench) => QueueSettings): void {
  let bench: TestBench;
  let queue: QueueSettings;
  let api: RunningService;
  let http: HttpClient;
  const closings: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    bench = await testBench();
    queue = queueOf(bench);
    api = await startApi({ ...bench.settings, queue }, pino({ level: 'silent' }));
    http = new HttpClient(api.url);
    await http.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
    for (const name of ['ward', 'bank', 'shop']) await http.post('/v1/clients', { name });
  });
  afterEach(async () => {
    for (const close of closings.splice(0)) await close();
  });
  afterAll(async () => {
    await api.close();
    await bench.close();
  });

  async function work(abilities: Partial<TrainerAbilities>): Promise<StandInWorkers> {
    const workers = await standInWorkers({ settings: queue, artifacts: bench.artifacts, abilities });
    closings.unshift(() => workers.close());
    return workers;
  }
  /** A trainer that says what it can, and takes nothing. */
  async function pretend(abilities: Partial<TrainerAbilities>): Promise<{ close(): Promise<void> }> {
    return announceWorker(queue, () => announced(abilities), console.error);
  }
  const requestOf = (clients: string[], more = {}) => ({
    baseModel: 'tiny',
    clients,
    configuration: { rounds: 1, expertChoices: clients.length, ...more },
  });
  async function start(clients: string[], more = {}): Promise<string> {
    const { body } = await http.post<FederationResource>('/v1/federations', requestOf(clients, more));
    await http.post(`/v1/federations/${body.id}/start`);
    return body.id;
  }
  const completed = (id: string): Promise<true> =>
    eventually(async () => {
      const { body } = await http.get<FederationResource>(`/v1/federations/${id}`);
      return body.status === 'completed' ? true : null;
    });
  const eventsOf = async (id: string) => (await http.get<EventPage>(`/v1/federations/${id}/events`)).body.events;
  const progressOf = async (id: string) => (await http.get<ProgressResource>(`/v1/federations/${id}/progress`)).body;
  const waitingIn = async (pool: string): Promise<number | undefined> => {
    const text = await (await http.raw('/metrics')).text();
    const line = text
      .split('\n')
      .find((one) => one.startsWith(`fedamole_queue_jobs{queue="training.${pool}",state="waiting"}`));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };

  it('where they can run, and nowhere else', async () => {
    const north = await work({ pool: 'north', clients: ['ward', 'shop'] });
    const south = await work({ pool: 'south', clients: ['bank'] });
    const id = await start(['ward', 'bank', 'shop']);
    await completed(id);
    const taken = (workers: StandInWorkers) => workers.taken.filter((job) => !job.includes('aggregation')).sort();
    const [wards, shops] = [`${id}.0.ward.1`, `${id}.0.shop.1`];
    expect(taken(north)).toEqual([shops, wards, `${id}.1.shop.1`, `${id}.1.ward.1`]);
    expect(taken(south)).toEqual([`${id}.0.bank.1`, `${id}.1.bank.1`]);
    const types = (await eventsOf(id)).map(({ type }) => type);
    expect(types.filter((type) => type.startsWith('ClientJob'))).toEqual([]);
    expect(await waitingIn('north')).toBe(0);
    expect(await waitingIn('south')).toBe(0);
  });

  it('as soon as a trainer appears that can run them, which is told when it takes a while', async () => {
    await work({ pool: 'south', clients: ['bank'] });
    const warned = await eventually(async () => {
      const { body } = await http.post<ValidationResource>('/v1/federations/validate', requestOf(['bank', 'ward']));
      return body.warnings.length === 1 ? body : null;
    });
    const reason = 'no live trainer can run it: does not reach the data of client "ward" (1 of 1)';
    expect(warned).toMatchObject({ valid: true, warnings: [{ field: 'clients.1', value: 'ward', message: reason }] });

    const id = await start(['bank', 'ward']);
    const unplaced = await eventually(
      async () => (await eventsOf(id)).find(({ type }) => type === 'ClientJobUnplaced') ?? null,
    );
    expect(unplaced.data).toMatchObject({ round: 0, client: 'ward', attempt: 1, reason });
    expect(unplaced.data).toMatchObject({ trainers: [{ lacks: 'does not reach the data of client "ward"' }] });
    expect(await progressOf(id)).toMatchObject({
      status: 'running',
      clients: [
        { client: 'bank', state: 'done', unplaced: null },
        { client: 'ward', state: 'waiting', unplaced: reason },
      ],
    });
    expect(await (await http.raw('/metrics')).text()).toContain('\nfedamole_unplaced_jobs 1\n');

    await work({ pool: 'north', clients: ['ward'] });
    await completed(id);
    const told = (await eventsOf(id)).filter(({ type }) => type.startsWith('ClientJob'));
    expect(told.map(({ type }) => type)).toEqual(['ClientJobUnplaced', 'ClientJobPlaced']);
    expect(told[1]?.data).toMatchObject({ client: 'ward', trainerPool: 'north' });
    expect(await (await http.raw('/metrics')).text()).toContain('\nfedamole_unplaced_jobs 0\n');
  });

  it('anew where those that could run them have gone', async () => {
    const going = await pretend({ pool: 'west', clients: ['ward'] });
    const id = await start(['ward']);
    await eventually(async () => ((await waitingIn('west')) === 1 ? true : null));
    const staying = await work({ pool: 'east', clients: ['ward'] });
    await going.close();
    await completed(id);
    expect(staying.taken).toContain(`${id}.0.ward.1`);
    expect(await waitingIn('west')).toBe(0);
  });

  it('with the labels that the federation asks for', async () => {
    await work({ pool: 'plain', clients: ['ward'] });
    const labelled = await work({ pool: 'racks', clients: ['ward'], labels: ['gpu=h100'] });
    const id = await start(['ward'], { trainerLabels: ['gpu=h100', 'device=cpu'] });
    await completed(id);
    expect(labelled.taken).toEqual(expect.arrayContaining([`${id}.0.ward.1`, `${id}.1.ward.1`]));
  });
}

describe('the round process puts jobs', () => {
  describe('on PostgreSQL', () => placesJobs(({ settings }) => settings.queue));

  (redisProgram ? describe : describe.skip)('on Redis', () => {
    let server: TestRedis;
    beforeAll(async () => {
      server = await startTestRedis();
    });
    afterAll(() => server.stop());
    placesJobs(() => ({ backend: 'redis', url: server.url, prefix: 'fedamole' }));
  });
});
