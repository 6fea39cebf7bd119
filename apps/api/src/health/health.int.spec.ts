import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migratedDatabase, type MigratedDatabase } from '@fedamole/event-store/fixtures';
import type { RunningService } from '@fedamole/services';
import { renameSync } from 'node:fs';
import { pino } from 'pino';
import { startApi } from '../application.js';
import { cutOffDatabase } from '../fixtures/cut-off.js';
import { HttpClient } from '../fixtures/http-client.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { eventually, testBench } from '../fixtures/test-bench.js';
import type { Problem } from '../http/problem.js';

let bench: TestBench;
let queueDatabase: MigratedDatabase;
let api: RunningService;
let http: HttpClient;

beforeAll(async () => {
  bench = await testBench();
  queueDatabase = await migratedDatabase();
  const queue = { backend: 'postgres' as const, connectionString: queueDatabase.url, schema: 'bullmq' };
  api = await startApi({ ...bench.settings, queue, access: 'keys' }, pino({ level: 'silent' }));
  http = new HttpClient(api.url);
});
afterAll(async () => {
  await api.close();
  await queueDatabase.drop();
  await bench.close();
});

const failing = async (): Promise<string[]> => {
  const { status, body } = await http.get<Problem>('/health/ready');
  expect((await http.get('/health/live')).status).toBe(200);
  if (status === 200) return [];
  expect({ status, code: body.code }).toEqual({ status: 503, code: 'NOT_READY' });
  return Object.keys(body.details ?? {});
};
const readyAgain = () => eventually(async () => ((await failing()).length === 0 ? true : null));
const sourceUp = async (source: string): Promise<string | undefined> => {
  const text = await (await http.raw('/metrics')).text();
  return new RegExp(`^fedamole_metrics_source_up\\{source="${source}"\\} (\\d)$`, 'm').exec(text)?.[1];
};

describe('the readiness of the api', () => {
  it('names the database that is away, and comes back with it; nobody needs a key to ask', async () => {
    expect((await http.get('/v1/clients')).status).toBe(401);
    expect(await failing()).toEqual([]);
    expect(await sourceUp('event-log')).toBe('1');
    const cut = await cutOffDatabase(bench.settings.databaseUrl);
    try {
      expect(await failing()).toEqual(['database']);
      expect(await sourceUp('event-log')).toBe('0');
      expect(await (await http.raw('/metrics')).text()).not.toMatch(/^fedamole_event_log_position /m);
      expect(await sourceUp('queue')).toBe('1');
      // with a key, too, which cannot be looked up now: it is nobody's fault, and passes
      const asked = await new HttpClient(api.url, `fedamole_o_${'x'.repeat(44)}`).get<Problem>('/v1/clients');
      expect({ status: asked.status, code: asked.body.code }).toEqual({ status: 503, code: 'NOT_READY' });
    } finally {
      await cut.restore();
    }
    await readyAgain();
    expect(await sourceUp('event-log')).toBe('1');
  });

  it('names the queue that is away, and comes back with it', async () => {
    const cut = await cutOffDatabase(queueDatabase.url);
    try {
      expect(await failing()).toEqual(['queue']);
      expect(await sourceUp('queue')).toBe('0');
      expect(await (await http.raw('/metrics')).text()).not.toMatch(/^fedamole_queue_jobs\{/m);
    } finally {
      await cut.restore();
    }
    await readyAgain();
  });

  it('names the artifacts folder that is away', async () => {
    const artifactsFolder = bench.artifacts.name;
    renameSync(artifactsFolder, `${artifactsFolder}-away`);
    expect(await failing()).toEqual(['artifacts']);
    expect(await sourceUp('artifacts')).toBe('0');
    renameSync(`${artifactsFolder}-away`, artifactsFolder);
    await readyAgain();
  });
});
