import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { announceWorker } from '@fedamole/queues';
import type { RunningService } from '@fedamole/services';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { FederationResource } from '../federations/schemas.js';
import { announced } from '../fixtures/announced-trainer.js';
import { HttpClient } from '../fixtures/http-client.js';
import { standInWorkers } from '../fixtures/stand-in-workers.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';

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

/** Values by name and labels, as Prometheus reads them. */
async function scrape(): Promise<Map<string, number>> {
  const answer = await http.raw('/metrics');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toContain('version=0.0.4');
  const lines = (await answer.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

describe('the metrics of the api', () => {
  it('follow a federation from its first waiting job to its last round', async () => {
    const clients = ['archive', 'hospital'];
    await http.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
    for (const name of clients) await http.post('/v1/clients', { name });
    const configuration = { rounds: 2, stepsPerRound: 3, experts: 4, expertChoices: 2 };
    const created = await http.post<FederationResource>('/v1/federations', {
      name: 'measured',
      baseModel: 'tiny',
      clients,
      configuration,
    });
    expect(created.status).toBe(201);
    const { id } = created.body;
    const training = (state: string): string => `fedamole_queue_jobs{queue="training.default",state="${state}"}`;
    const age = 'fedamole_queue_oldest_job_age_seconds{queue="training.default"}';
    // it says that it can, and takes nothing
    const trainer = await announceWorker(bench.settings.queue, () => announced(), console.error);
    expect((await scrape()).get(age)).toBe(0);
    await http.post(`/v1/federations/${id}/start`);

    const waiting = await eventually(async () => {
      const read = await scrape();
      // the queue may show its jobs before the read models show the federation
      const running = read.get('fedamole_federations{status="running"}') === 1;
      return running && read.get(training('waiting')) === 2 && (read.get(age) ?? 0) > 0 ? read : null;
    });
    expect(waiting.get('fedamole_workers{kind="trainer"}')).toBe(1);
    expect(waiting.get('fedamole_unplaced_jobs')).toBe(0);
    expect(waiting.get(`fedamole_federation_round{federation="${id}"}`)).toBe(0);
    expect(waiting.has(`fedamole_federation_validation_loss{federation="${id}"}`)).toBe(false);

    const workers = await standInWorkers({ settings: bench.settings.queue, artifacts: bench.artifacts });
    const ended = await eventually(async () => {
      const read = await scrape();
      const lag = read.get('fedamole_event_reader_lag_events{reader="read-models"}');
      return read.get('fedamole_federations{status="completed"}') === 1 && lag === 0 ? read : null;
    });
    await workers.close();
    await trainer.close();
    expect(ended.get(`fedamole_federation_round{federation="${id}"}`)).toBe(2);
    expect(ended.get(`fedamole_federation_validation_loss{federation="${id}"}`)).toBe(2.5);
    expect(ended.get(`fedamole_federation_test_loss{federation="${id}"}`)).toBe(2.25);
    expect(ended.get(`fedamole_federation_tokens_per_second{federation="${id}"}`)).toBe(500);
    expect(ended.get(`fedamole_federation_last_round_duration_seconds{federation="${id}"}`)).toBeGreaterThan(0);
    expect(ended.has(`fedamole_federation_round_age_seconds{federation="${id}"}`)).toBe(false);
    expect(ended.get('fedamole_event_log_position')).toBeGreaterThan(10);
    expect(ended.get(training('waiting'))).toBe(0);
    expect(ended.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(ended.has('nodejs_eventloop_lag_seconds')).toBe(true);
  });

  it('name no client and no secret', async () => {
    const text = await (await http.raw('/metrics')).text();
    expect(text).not.toMatch(/archive|hospital|measured|postgres:/);
  });
});
