/** A running API that is asked whatever comes, and looked at afterwards: a refused request must have changed nothing. */
import { randomUUID } from 'node:crypto';
import type { Cluster } from '@fedamole/cluster';
import { modelFolder, createAndStart, clients, register } from '../federation-run.js';
import { folderDigest } from '@fedamole/artifacts';
import { PlatformApi } from '../platform-api.js';
import type { Answer } from './answers.js';
import type { ApiDocument } from './document.js';
import type { CallerName, FuzzRequest } from './requests.js';
import type { Known } from './values.js';

interface Page {
  readonly events: readonly {
    readonly id: string;
    readonly cursor: string;
    readonly metadata: { correlationId?: string };
  }[];
}

export class FuzzedApi {
  private cursor = '0';

  private constructor(
    private readonly url: string,
    private readonly keys: Readonly<Record<CallerName, string | null>>,
    readonly document: ApiDocument,
    readonly known: Known,
  ) {}

  /** Registers what there is, and makes a federation that waits, one that runs and one that has ended. */
  static async prepare(cluster: Cluster): Promise<FuzzedApi> {
    const { apiUrl, apiKey } = cluster;
    const api = new PlatformApi(apiUrl, apiKey);
    await register(api);
    const small = { rounds: 1, stepsPerRound: 1 };
    const running = await createAndStart(api, 'runs', small);
    const waiting = await api.createFederation({ name: 'waits', baseModel: 'model', clients, configuration: small });
    const call = async <Body>(path: string, body?: object): Promise<Body> => {
      const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' };
      const post = body ? { method: 'POST', body: JSON.stringify(body) } : {};
      const response = await fetch(`${apiUrl}${path}`, { headers, ...post });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Body;
    };
    const ended = await createAndStart(api, 'ended', small);
    await call(`/v1/federations/${ended}/cancel`, {});
    const keyOf = async (body: object): Promise<string> => (await call<{ key: string }>('/v1/keys', body)).key;
    const { events } = await call<Page>('/v1/events?limit=20');
    return new FuzzedApi(
      apiUrl,
      {
        operator: apiKey,
        viewer: await keyOf({ scope: 'viewer' }),
        site: await keyOf({ scope: 'site', clients: clients.slice(0, 1) }),
        nobody: null,
        forger: `${apiKey.slice(0, -1)}${apiKey.endsWith('x') ? 'y' : 'x'}`,
      },
      await call<ApiDocument>('/docs-json'),
      {
        federations: [running, waiting.id, ended],
        clients,
        baseModel: { name: 'model', digest: await folderDigest(modelFolder) },
        events: events.map(({ id }) => id),
      },
    );
  }

  /** Of an answer that does not end, its beginning. */
  async ask({ endpoint, caller, url, headers, body }: FuzzRequest): Promise<{ answer: Answer; requestId: string }> {
    const requestId = headers['X-Request-Id'] ?? randomUUID();
    const key = this.keys[caller];
    const abort = new AbortController();
    const response = await fetch(this.url + url, {
      method: endpoint.method,
      headers: { ...headers, 'X-Request-Id': requestId, ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
      signal: AbortSignal.any([abort.signal, AbortSignal.timeout(60_000)]),
      ...(body === null ? {} : { body }),
    });
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const endless = type === 'text/event-stream';
    const text = endless ? '' : await response.text();
    if (endless) abort.abort();
    const { status } = response;
    return { answer: { status, type, requestId: response.headers.get('x-request-id'), body: text }, requestId };
  }

  /** Whether there are events of that request. Reads on from where it was read last. */
  async hasEventsOf(requestId: string): Promise<boolean> {
    let found = false;
    for (;;) {
      const { events } = await this.read<Page>(`/v1/events?limit=500&after=${this.cursor}`);
      found ||= events.some(({ metadata }) => metadata.correlationId === requestId);
      this.cursor = events.at(-1)?.cursor ?? this.cursor;
      if (events.length < 500) return found;
    }
  }

  /** Identifiers of the keys that open something. */
  async validKeys(): Promise<string> {
    const { keys } = await this.read<{ keys: { id: string; revokedAt: string | null }[] }>('/v1/keys');
    return keys.flatMap(({ id, revokedAt }) => (revokedAt === null ? [id] : [])).join();
  }

  private async read<Body>(path: string): Promise<Body> {
    const headers = { authorization: `Bearer ${this.keys.operator}` };
    return (await (await fetch(this.url + path, { headers })).json()) as Body;
  }
}
