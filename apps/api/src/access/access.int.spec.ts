/** Trying to get in: without a key, with a wrong one, with one that may do less. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningService } from '@fedamole/services';
import { maskSecrets } from '@fedamole/services';
import { openDatabase } from '@fedamole/event-store';
import { pino } from 'pino';
import { startApi } from '../application.js';
import type { AuditPage } from '../audit/schemas.js';
import type { EventPage } from '../events/schemas.js';
import type { FederationResource } from '../federations/schemas.js';
import { HttpClient } from '../fixtures/http-client.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { testBench } from '../fixtures/test-bench.js';
import type { Problem } from '../http/problem.js';
import { ApiKeys } from '../keys/api-keys.js';
import type { CallerResource, KeyList, KeyResource, MakeKeyBody, NewKeyResource } from '../keys/schemas.js';
import type { Scope } from './caller.js';

let bench: TestBench;
let api: RunningService;
let operator: HttpClient;
let operatorKey: string;
const logged: string[] = [];

beforeAll(async () => {
  bench = await testBench();
  const database = openDatabase(bench.settings.databaseUrl, () => undefined);
  const first = { scope: 'operator', clients: [], description: 'first', expiresAt: null } as const;
  operatorKey = (await new ApiKeys(database.prisma).make(first)).key;
  await database.close();
  const logger = pino(
    { level: 'debug', hooks: { streamWrite: maskSecrets } },
    { write: (line: string) => void logged.push(line) },
  );
  api = await startApi({ ...bench.settings, access: 'keys', bodyLimit: 4096 }, logger);
  operator = new HttpClient(api.url, operatorKey);
});
afterAll(async () => {
  await api.close();
  await bench.close();
});

async function makeKey(body: MakeKeyBody): Promise<NewKeyResource & { key: string }> {
  const { status, body: made } = await operator.post<NewKeyResource>('/v1/keys', body);
  if (made.key === null) throw new Error('the key was not shown');
  expect(status).toBe(201);
  return { ...made, key: made.key };
}
const clientOf = async (scope: Scope): Promise<HttpClient> =>
  new HttpClient(api.url, (await makeKey({ scope, ...(scope === 'site' ? { clients: ['ward'] } : {}) })).key);

type Document = { paths: Record<string, Record<string, { 'x-scopes'?: Scope[] }>> };
/** Every operation of the document, with values that are well formed in the place of its parameters. */
async function operations(): Promise<{ method: string; path: string }[]> {
  const { paths } = (await operator.get<Document>('/docs-json')).body;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path
        .replace('/keys/{id}', '/keys/000000000000')
        .replace('{round}', '1')
        .replaceAll(/\{\w+\}/g, 'x1'),
    })),
  );
}

describe('without a key', () => {
  it('nothing is answered but health and the documentation', async () => {
    const all = await operations();
    expect(all.length).toBeGreaterThan(20);
    for (const { method, path } of all) {
      const response = await new HttpClient(api.url).raw(path, {}, { method });
      if (path.startsWith('/health')) expect(response.status).toBe(200);
      else {
        expect({ path, status: response.status }).toEqual({ path, status: 401 });
        expect(response.headers.get('www-authenticate')).toBe('Bearer');
        expect(response.headers.get('content-type')).toContain('application/problem+json');
        expect(await response.json()).toMatchObject({ code: 'KEY_REQUIRED' });
      }
    }
    for (const path of ['/docs', '/docs-json']) {
      expect((await new HttpClient(api.url).raw(path)).status).toBe(200);
    }
  });

  it.each([
    ['a key of nobody', (key: string) => `Bearer ${key.slice(0, -1)}${key.endsWith('a') ? 'b' : 'a'}`],
    ['an identifier of nobody', (key: string) => `Bearer ${key.slice(0, 11)}000000000000${key.slice(23)}`],
    ['a longer key', (key: string) => `Bearer ${key}a`],
    ['another scheme', (key: string) => `Basic ${key}`],
    ['no scheme', (key: string) => key],
    ['two keys', (key: string) => `Bearer ${key} ${key}`],
    ['words of SQL', () => `Bearer '/**/OR/**/'1'='1`],
  ])('but with %s it is refused as invalid', async (_case, authorization) => {
    const response = await new HttpClient(api.url).raw('/v1/clients', { authorization: authorization(operatorKey) });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ code: 'KEY_INVALID' });
  });
});

describe('keys', () => {
  it('are shown once, and kept as digests', async () => {
    const { key, ...made } = await makeKey({ scope: 'viewer', description: 'a dashboard' });
    expect(key).toMatch(/^fedamole_v_[0-9A-Za-z]{44}$/);
    expect(key.slice(11, 23)).toBe(made.id);
    const { keys } = (await operator.get<KeyList>('/v1/keys')).body;
    expect(keys.find(({ id }) => id === made.id)).toEqual(made);
    expect(JSON.stringify(keys)).not.toContain(key.slice(23));
    const database = openDatabase(bench.settings.databaseUrl, () => undefined);
    const { rows } = await database.pool.query(
      'SELECT k::text AS text FROM api_key k UNION ALL SELECT a::text FROM audit_entry a UNION ALL SELECT r::text FROM answered_request r',
    );
    await database.close();
    expect(JSON.stringify(rows)).not.toContain(key.slice(23));
  });

  it('tell when they were last used', async () => {
    const { key, id } = await makeKey({ scope: 'viewer' });
    await new HttpClient(api.url, key).get('/v1/clients');
    const { keys } = (await operator.get<KeyList>('/v1/keys')).body;
    expect(keys.find((one) => one.id === id)?.lastUsedAt).not.toBeNull();
  });

  it('open nothing any more once they are revoked, or have expired', async () => {
    const { key, id } = await makeKey({ scope: 'operator' });
    const client = new HttpClient(api.url, key);
    expect((await client.get<CallerResource>('/v1/keys/current')).body).toMatchObject({ id, scope: 'operator' });
    const revoked = await operator.delete<KeyResource>(`/v1/keys/${id}`);
    expect(revoked).toMatchObject({ status: 200, body: { revokedAt: expect.any(String) } });
    expect(await client.get<Problem>('/v1/clients')).toMatchObject({ status: 401, body: { code: 'KEY_REVOKED' } });
    expect(await operator.delete(`/v1/keys/${id}`)).toEqual(revoked);

    const soon = await makeKey({ scope: 'viewer', expiresAt: new Date(Date.now() + 1000).toISOString() });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const late = await new HttpClient(api.url, soon.key).get<Problem>('/v1/clients');
    expect(late).toMatchObject({ status: 401, body: { code: 'KEY_EXPIRED' } });
  });

  it('name the clients of a site, and of no other scope, and expire in the future', async () => {
    for (const [body, field] of [
      [{ scope: 'site' }, 'clients'],
      [{ scope: 'viewer', clients: ['ward'] }, 'clients'],
      [{ scope: 'site', clients: [] }, 'clients'],
      [{ scope: 'viewer', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
      [{ scope: 'root' }, 'scope'],
    ] as const) {
      const refused = await operator.post<Problem>('/v1/keys', body);
      expect(refused).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ field }] } });
    }
    expect((await operator.delete('/v1/keys/000000000000')).status).toBe(404);
  });
});

describe('scopes', () => {
  it.each(['viewer', 'site'] as const)('keep a %s from everything that is not opened to it', async (scope) => {
    const { paths } = (await operator.get<Document>('/docs-json')).body;
    const client = await clientOf(scope);
    let refused = 0;
    for (const [template, methods] of Object.entries(paths).filter(([path]) => path.startsWith('/v1/'))) {
      for (const [method, { 'x-scopes': opened }] of Object.entries(methods)) {
        if (opened?.includes(scope)) continue;
        const path = template.replace('{round}', '1').replaceAll(/\{\w+\}/g, 'x1');
        const response = await client.raw(path, {}, { method: method.toUpperCase() });
        expect({ path, method, status: response.status }).toEqual({ path, method, status: 403 });
        expect(await response.json()).toMatchObject({ code: 'SCOPE_INSUFFICIENT' });
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(5);
    expect((await operator.get<KeyList>('/v1/keys')).status).toBe(200);
  });

  it('let a viewer change nothing', async () => {
    const viewer = await clientOf('viewer');
    const before = (await operator.get<EventPage>('/v1/events')).body;
    expect((await viewer.post('/v1/clients', { name: 'by-a-viewer' })).status).toBe(403);
    expect((await viewer.post('/v1/keys', { scope: 'operator' })).status).toBe(403);
    expect((await operator.get<EventPage>('/v1/events')).body).toEqual(before);
  });
});

describe('whoever asked', () => {
  it('is named in the events, with what the key is called, and in the audit', async () => {
    const { key, id } = await makeKey({ scope: 'operator', description: 'night shift' });
    const shift = new HttpClient(api.url, key);
    await shift.post('/v1/clients', { name: 'night-ward' }, { 'x-request-id': 'ticket-7' });
    const { events } = (await operator.get<EventPage>('/v1/events?limit=500')).body;
    expect(events.find(({ stream }) => stream === 'client-night-ward')?.metadata).toEqual({
      actor: `key:${id}`,
      actorDescription: 'night shift',
      correlationId: 'ticket-7',
    });
    await shift.post('/v1/clients', { name: 'Not a name' });
    const { body } = await operator.get<AuditPage>(`/v1/audit?actor=key:${id}`);
    expect(body.entries).toMatchObject([
      { action: 'registerClient', target: 'POST /v1/clients', status: 400, code: 'VALIDATION_FAILED' },
      { action: 'registerClient', status: 201, code: null, requestId: 'ticket-7', actorDescription: 'night shift' },
    ]);
  });

  it('is in the audit also where it was refused, and may be looked for', async () => {
    const viewer = await makeKey({ scope: 'viewer', description: 'curious' });
    const client = new HttpClient(api.url, viewer.key);
    await client.post('/v1/keys', { scope: 'operator' });
    await operator.delete(`/v1/keys/${viewer.id}`);
    await client.get('/v1/clients');
    const mine = `actor=key:${viewer.id}`;
    const found = (await operator.get<AuditPage>(`/v1/audit?${mine}`)).body.entries;
    expect(found.map(({ action, code }) => [action, code])).toEqual([
      ['listClients', 'KEY_REVOKED'],
      ['makeKey', 'SCOPE_INSUFFICIENT'],
    ]);
    const first = (await operator.get<AuditPage>(`/v1/audit?${mine}&limit=1`)).body;
    expect(first).toEqual({ entries: [found[0]], next: found[0]?.id });
    const second = (await operator.get<AuditPage>(`/v1/audit?${mine}&limit=1&after=${first.next}`)).body;
    expect(second).toEqual({ entries: [found[1]], next: null });
    const count = async (query: string): Promise<number> =>
      (await operator.get<AuditPage>(`/v1/audit?${mine}&${query}`)).body.entries.length;
    expect(await count('action=makeKey')).toBe(1);
    expect(await count('outcome=refused')).toBe(2);
    expect(await count('outcome=done')).toBe(0);
    expect(await count(`since=${found[0]?.at}`)).toBeLessThanOrEqual(2);
    expect(await count(`until=${found[1]?.at}`)).toBe(0);
  });

  it('has idempotency keys of its own', async () => {
    const once = { 'idempotency-key': 'once' };
    const other = new HttpClient(api.url, (await makeKey({ scope: 'operator' })).key);
    expect((await operator.post('/v1/clients', { name: 'first' }, once)).status).toBe(201);
    expect((await other.post('/v1/clients', { name: 'second' }, once)).status).toBe(201);
    expect((await operator.post('/v1/clients', { name: 'third' }, once)).status).toBe(422);
  });
});

describe('every answer', () => {
  it('carries headers that keep browsers from harm, and none that let other pages in', async () => {
    const { headers } = await operator.raw('/v1/clients', { origin: 'https://elsewhere.example' });
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('x-powered-by')).toBeNull();
  });

  it('names its request, also where nothing is there or the body cannot be read', async () => {
    const broken = { method: 'POST', body: '{"name": ' };
    for (const [path, init, status] of [
      ['/nothing/here', {}, 404],
      ['/v1/clients', broken, 400],
      ['/v1/clients', { method: 'POST', body: JSON.stringify({ name: 'x'.repeat(5000) }) }, 413],
    ] as const) {
      const headers = { 'x-request-id': 'mine', 'content-type': 'application/json' };
      const response = await operator.raw(path, headers, init);
      expect(response.status).toBe(status);
      expect(response.headers.get('x-request-id')).toBe('mine');
      expect(await response.json()).toMatchObject({ requestId: 'mine', status });
    }
    expect((await operator.raw('/v1/clients', { 'x-request-id': 'two words' })).status).toBe(400);
  });

  it('comes from an api whose log holds requests and no key', () => {
    const text = logged.join('');
    expect(text).toContain('"requestId":"ticket-7"');
    expect(text).not.toContain(operatorKey.slice(23));
    expect(text).not.toMatch(/fedamole_[ovs]_[0-9A-Za-z]{44}/);
  });
});

describe('a change that names a version', () => {
  it('is made on that version or not at all', async () => {
    await operator.post('/v1/base-models', { name: 'tiny', digest: bench.modelDigest });
    for (const name of ['ward', 'bank']) await operator.post('/v1/clients', { name });
    const body = { baseModel: 'tiny', clients: ['ward', 'bank'] };
    const { id } = (await operator.post<FederationResource>('/v1/federations', body)).body;
    const path = `/v1/federations/${id}`;
    expect((await operator.raw(path)).headers.get('etag')).toBe('"1"');
    const stale = await operator.post<Problem>(`${path}/cancel`, {}, { 'if-match': '"7"' });
    expect(stale).toMatchObject({ status: 412, body: { code: 'VERSION_CHANGED', details: { version: 1 } } });
    expect((await operator.get<FederationResource>(path)).body).toMatchObject({ status: 'created', version: 1 });
    expect((await operator.post(`${path}/cancel`, {}, { 'if-match': 'W/"1"' })).status).toBe(400);
    const cancelled = await operator.post<FederationResource>(`${path}/cancel`, {}, { 'if-match': '"1"' });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', version: 2 } });
    expect((await operator.raw(path)).headers.get('etag')).toBe('"2"');
  });
});

describe('who asks too often', () => {
  it('is told when to ask again, and nobody else is', async () => {
    const slow = await startApi({ ...bench.settings, access: 'keys', requestsPerMinute: 3 }, pino({ level: 'silent' }));
    try {
      const one = new HttpClient(slow.url, operatorKey);
      for (let asked = 0; asked < 3; asked++) expect((await one.get('/v1/clients')).status).toBe(200);
      const refused = await one.raw('/v1/clients');
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
      const { key } = await makeKey({ scope: 'viewer' });
      expect((await new HttpClient(slow.url, key).get('/v1/clients')).status).toBe(200);
    } finally {
      await slow.close();
    }
  });
});
