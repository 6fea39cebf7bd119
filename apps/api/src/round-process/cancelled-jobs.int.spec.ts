import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { JobQueue } from '@fedamole/queues';
import { defaultPool, openQueue, trainingQueueName } from '@fedamole/queues';
import { pino } from 'pino';
import type { StandInWorkers } from '../fixtures/stand-in-workers.js';
import { standInWorkers } from '../fixtures/stand-in-workers.js';
import type { Answer } from '../fixtures/http-client.js';
import { HttpClient } from '../fixtures/http-client.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';
import { startApi } from '../application.js';

describe('the jobs of a federation that is cancelled', () => {
  let bench: TestBench;
  let api: Awaited<ReturnType<typeof startApi>>;
  let workers: StandInWorkers;
  let queue: JobQueue;
  const clients = ['bank', 'shop', 'ward'];
  const stopped: string[] = [];
  let running = '';

  beforeAll(async () => {
    bench = await testBench();
    api = await startApi(bench.settings, pino({ level: 'silent' }));
    queue = await openQueue(bench.settings.queue, trainingQueueName(defaultPool), { onError: () => undefined });
    workers = await standInWorkers({
      settings: bench.settings.queue,
      artifacts: bench.artifacts,
      beforeTraining: async (_job, { jobId, signal }) => {
        running = jobId;
        await once(signal, 'abort');
        stopped.push(jobId);
        throw new Error('stopped');
      },
    });
  });
  afterAll(async () => {
    await workers.close();
    await queue.close();
    await api.close();
    await bench.close();
  });

  it('stop while they run, are not tried again, and leave nothing in the queue', async () => {
    const http = new HttpClient(`${api.url}/v1`);
    await http.post('/base-models', { name: 'tiny', digest: bench.modelDigest });
    for (const name of clients) await http.post('/clients', { name });
    const federation = { baseModel: 'tiny', clients, configuration: { expertChoices: 3 } };
    const { body }: Answer<{ id: string }> = await http.post('/federations', federation);
    await http.post(`/federations/${body.id}/start`);
    await eventually(async () => (running === '' ? null : true));
    await http.post(`/federations/${body.id}/cancel`, { reason: 'enough' });
    await eventually(async () => (stopped.length > 0 ? true : null));
    for (const client of clients) {
      await eventually(async () => ((await queue.get(`${body.id}.0.${client}.1`)) === null ? true : null));
    }
    expect(stopped).toEqual([running]);
    expect(workers.taken.filter((id) => id.includes('.0.') && !id.includes('aggregation'))).toEqual([running]);
  });
});
