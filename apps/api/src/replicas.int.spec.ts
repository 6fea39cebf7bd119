import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { startApi } from './application.js';
import type { FederationResource } from './federations/schemas.js';
import { HttpClient } from './fixtures/http-client.js';
import { standInWorkers } from './fixtures/stand-in-workers.js';
import type { TestBench } from './fixtures/test-bench.js';
import { eventually, testBench } from './fixtures/test-bench.js';

const logger = pino({ level: 'silent' });
let bench: TestBench;

beforeAll(async () => {
  bench = await testBench();
});
afterAll(() => bench.close());

async function createAndStart(http: HttpClient): Promise<string> {
  await http.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
  for (const name of ['ward', 'bank']) await http.post('/v1/clients', { name });
  const body = { baseModel: 'tiny', clients: ['ward', 'bank'], configuration: { rounds: 2 } };
  const { id } = (await http.post<FederationResource>('/v1/federations', body)).body;
  await http.post(`/v1/federations/${id}/start`);
  return id;
}

it('another replica takes the rounds over when the first one goes', async () => {
  const first = await startApi(bench.settings, logger);
  const second = await startApi(bench.settings, logger);
  const id = await createAndStart(new HttpClient(first.url));
  const http = new HttpClient(second.url);
  const roundIs = (round: number, status: string): Promise<FederationResource> =>
    eventually(async () => {
      const { body } = await http.get<FederationResource>(`/v1/federations/${id}`);
      return body.round >= round && body.status === status ? body : null;
    });

  let holdRoundOne = true;
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const workers = await standInWorkers({
    settings: bench.settings.queue,
    artifacts: bench.artifacts,
    beforeTraining: async ({ round }) => {
      if (round === 1 && holdRoundOne) await released;
    },
  });
  await roundIs(1, 'running');
  await first.close();
  holdRoundOne = false;
  release();
  await roundIs(2, 'completed');
  await workers.close();
  await second.close();
});

it('a port that is in use is named, with the setting that changes it', async () => {
  const first = await startApi(bench.settings, logger);
  const port = Number(new URL(first.url).port);
  await expect(startApi({ ...bench.settings, port }, logger)).rejects.toThrow(
    `port ${port} of 127.0.0.1 is in use: set API_PORT to another one`,
  );
  await first.close();
});
