/** Requests that lead to no event, under an idempotency key: carried out once, however often they come. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDatabase, type Database } from '@fedamole/event-store';
import type { RunningService } from '@fedamole/services';
import { utimes } from 'node:fs/promises';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { CollectionResource } from '../artifacts/schemas.js';
import { HttpClient } from '../fixtures/http-client.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { testBench } from '../fixtures/test-bench.js';
import type { Problem } from '../http/problem.js';
import type { KeyList, NewKeyResource } from '../keys/schemas.js';

let bench: TestBench;
let database: Database;
let api: RunningService;
let http: HttpClient;

beforeAll(async () => {
  bench = await testBench();
  database = openDatabase(bench.settings.databaseUrl, () => undefined);
  api = await startApi(bench.settings, pino({ level: 'silent' }));
  http = new HttpClient(api.url);
});
afterAll(async () => {
  await api.close();
  await database.close();
  await bench.close();
});

const under = (key: string) => ({ 'idempotency-key': key });
const makeKey = (key: string, description = 'a dashboard') =>
  http.post<NewKeyResource>('/v1/keys', { scope: 'viewer', description }, under(key));
const keys = async () => (await http.get<KeyList>('/v1/keys')).body.keys;

describe('a request that leads to no event, under an idempotency key', () => {
  it('makes one key, shows it once, and keeps it nowhere', async () => {
    const first = await makeKey('k-1');
    expect(first).toMatchObject({ status: 201, body: { key: expect.stringMatching(/^fedamole_v_/) } });
    expect(await makeKey('k-1')).toEqual({ status: 201, body: { ...first.body, key: null } });
    expect(await keys()).toHaveLength(1);
    const kept = await database.prisma.answeredRequest.findUnique({ where: { idempotencyKey: 'k-1' } });
    expect(kept?.answer).toMatchObject({ id: first.body.id, key: null });
  });

  it('makes one key where it comes many times at once; those that come too early are told so', async () => {
    const before = (await keys()).length;
    const answers = await Promise.all(Array.from({ length: 8 }, () => makeKey('k-2')));
    expect((await keys()).length).toBe(before + 1);
    expect(answers.filter(({ status, body }) => status === 201 && body.key !== null)).toHaveLength(1);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      expect({ status, body }).toMatchObject({ status: 409, body: { code: 'REQUEST_UNDER_WAY' } });
    }
  });

  it('is refused where the key stands for another one', async () => {
    const other = await makeKey('k-1', 'another dashboard');
    expect(other).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const elsewhere = await http.post<Problem>('/v1/artifacts/collect', undefined, under('k-1'));
    expect(elsewhere).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('may come again after it was refused', async () => {
    const wrong = { scope: 'viewer', clients: ['ward'] };
    expect((await http.post('/v1/keys', wrong, under('k-3'))).status).toBe(400);
    expect((await makeKey('k-3')).status).toBe(201);
  });

  it('is not done again where the api ended before it had answered', async () => {
    const first = await makeKey('k-4');
    await database.pool.query("UPDATE answered_request SET answer = NULL WHERE idempotency_key = 'k-4'");
    const before = await keys();
    expect(await makeKey('k-4')).toMatchObject({ status: 409, body: { code: 'REQUEST_UNDER_WAY' } });
    expect(await keys()).toEqual(before);
    expect(before.map(({ id }) => id)).toContain(first.body.id);
  });

  it('collects once, and tells again what was collected', async () => {
    const longAgo = new Date('2020-01-01');
    const leave = async (text: string): Promise<string> => {
      const digest = await bench.artifacts.put(new TextEncoder().encode(text));
      await utimes(bench.artifacts.path(digest), longAgo, longAgo);
      return digest;
    };
    const first = await leave('one');
    const collect = (key: string) =>
      http.post<CollectionResource>('/v1/artifacts/collect', { dryRun: false }, under(key));
    const collected = await collect('c-1');
    expect(collected).toMatchObject({ status: 200, body: { digests: [first] } });
    const second = await leave('two');
    expect(await collect('c-1')).toEqual(collected);
    expect((await collect('c-2')).body.digests).toEqual([second]);
  });

  it('builds the read models again once', async () => {
    const rebuild = () => http.post('/v1/read-models/rebuild', undefined, under('r-1'));
    const first = await rebuild();
    expect(first.status).toBe(202);
    expect(await rebuild()).toEqual(first);
  });
});
