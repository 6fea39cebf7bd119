import { afterEach, describe, expect, it } from '@jest/globals';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiClient } from './api-client.js';
import { ProblemError, UnreachableError } from './problem-error.js';

let server: Server | null = null;

async function serve(listener: RequestListener): Promise<string> {
  const listening = createServer(listener);
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = null;
});

describe('the API client', () => {
  it('puts parameters in their places, and the key in its header', async () => {
    const url = await serve(({ url, headers }, response) =>
      response.end(JSON.stringify({ url, key: headers.authorization })),
    );
    const client = new ApiClient({ url, key: 'secret' });
    const sent = { path: { id: 'a b' }, query: { round: '2', asOf: undefined } };
    expect(await client.call('GET /v1/federations/{id}/assignments', sent)).toEqual({
      url: '/v1/federations/a%20b/assignments?round=2',
      key: 'Bearer secret',
    });
  });

  it('throws the problem that the API answers', async () => {
    const errors = [{ field: 'name', value: 'A', message: 'use lower case' }];
    const url = await serve((_, response) =>
      response
        .writeHead(400)
        .end(JSON.stringify({ code: 'VALIDATION_FAILED', detail: 'name: use lower case', errors })),
    );
    const error: unknown = await new ApiClient({ url })
      .call('POST /v1/clients', { body: { name: 'A' } })
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', errors });
    expect(String(error)).toContain('POST /v1/clients: name: use lower case');
  });

  it('shows what answered where it is no API of this platform', async () => {
    const url = await serve((_, response) => response.writeHead(502).end('<h1>Bad gateway</h1>'));
    const error: unknown = await new ApiClient({ url }).call('GET /v1/clients', {}).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ status: 502, code: null, detail: 'status 502: <h1>Bad gateway</h1>' });
  });

  it('names the address where nobody answers', async () => {
    const url = await serve(() => undefined);
    server?.close();
    const answer = new ApiClient({ url }).call('GET /v1/clients', {});
    await expect(answer).rejects.toThrow(UnreachableError);
    await expect(answer).rejects.toThrow(url);
  });

  it('waits for an API that is started again where it is told to, but sends no change twice', async () => {
    const url = await serve((_, response) => response.end('{}'));
    const port = Number(new URL(url).port);
    const stopped = server;
    stopped?.close();
    const client = new ApiClient({ url }).patient(30_000);
    await expect(client.call('POST /v1/clients', { body: { name: 'a' } })).rejects.toThrow(UnreachableError);
    const answer = client.call('GET /v1/clients', {});
    setTimeout(() => stopped?.listen(port, '127.0.0.1'), 100);
    expect(await answer).toEqual({});
  });

  it('gives up on an API that takes a request and says nothing', async () => {
    const url = await serve(() => undefined);
    const silent = new ApiClient({ url, silence: 100 }).call('GET /v1/clients', {});
    await expect(silent).rejects.toThrow(`Nobody answers at ${url}: no answer within 0.1 s`);
  });

  it('reads events without signs of life, going on behind the last one', async () => {
    const url = await serve(({ headers }, response) =>
      response.end(`id: 8\nevent: heartbeat\ndata: {}\n\nid: 9\nevent: E\ndata: ${headers['last-event-id']}\n\n`),
    );
    const events = [];
    for await (const event of new ApiClient({ url }).events('GET /v1/events/stream', {}, '8')) events.push(event);
    expect(events).toEqual([{ id: '9', type: 'E', data: '8' }]);
  });
});
