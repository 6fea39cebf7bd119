/** Requests to the API of a platform, typed by its OpenAPI document. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerSentEvent } from './server-sent-events.js';
import { readServerSentEvents } from './server-sent-events.js';
import { problemOf, ProblemError, UnreachableError } from './problem-error.js';
import type { AnySent, Answer, RequestName, Sent } from './requests.js';
import { addressOf } from './requests.js';

export interface ApiClientOptions {
  /** Such as `http://127.0.0.1:3000`. */
  readonly url: string;
  /** Left out where the API asks for none. */
  readonly key?: string | undefined;
  /** Ends every request under way. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for which a request that changes nothing is tried again where nobody answers; 0 where left out. */
  readonly patience?: number;
  /** Milliseconds after which an API that has taken a request and said nothing counts as one that does not answer. */
  readonly silence?: number;
}

/** Milliseconds between two tries. */
const pause = 500;

/** Milliseconds: verifying a log of millions of events takes about a minute. */
const longestSilence = 120_000;

/** Every method throws a ProblemError where the API refuses or fails, an UnreachableError where it does not answer. */
export class ApiClient {
  readonly url: string;

  constructor(private readonly options: ApiClientOptions) {
    this.url = options.url;
  }

  /** The same, whose reads outlast an API that is started again. */
  patient(milliseconds: number): ApiClient {
    return new ApiClient({ ...this.options, patience: milliseconds });
  }

  /** `call('GET /v1/federations/{id}', { path: { id } })` */
  async call<Name extends RequestName>(name: Name, sent: Sent<Name>): Promise<Answer<Name>> {
    return (await this.send(name, sent as AnySent)) as Answer<Name>;
  }

  /** A request that the document does not have, such as an older or newer API's. */
  async send(name: string, sent: AnySent): Promise<unknown> {
    const response = await this.fetch(name, sent, {});
    const text = await response.text();
    return text === '' ? null : JSON.parse(text);
  }

  async download<Name extends RequestName>(name: Name, sent: Sent<Name>): Promise<Uint8Array> {
    const response = await this.fetch(name, sent as AnySent, {});
    return new Uint8Array(await response.arrayBuffer());
  }

  /** Events until the API ends the connection; those behind `lastEventId` where it is given. Signs of life are left out. */
  async *events<Name extends RequestName>(
    name: Name,
    sent: Sent<Name>,
    lastEventId: string | null,
  ): AsyncGenerator<ServerSentEvent, void, void> {
    const headers = { accept: 'text/event-stream', ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }) };
    const response = await this.fetch(name, sent as AnySent, headers);
    if (response.body === null) return;
    try {
      for await (const event of readServerSentEvents(response.body)) if (event.type !== 'heartbeat') yield event;
    } catch (error) {
      this.options.signal?.throwIfAborted();
      throw new UnreachableError(this.url, error);
    }
  }

  private async fetch(name: string, sent: AnySent, extra: Readonly<Record<string, string>>): Promise<Response> {
    const { key } = this.options;
    const [method = 'GET', template = '/'] = name.split(' ');
    const address = addressOf(this.url, template, sent);
    const headers = {
      ...extra,
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(sent.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const body = sent.body === undefined ? null : JSON.stringify(sent.body);
    const response = await this.fetchPatiently(address, { method, headers, body });
    if (response.ok) return response;
    throw new ProblemError(`${method} ${address.pathname}`, await problemOf(response));
  }

  private async fetchPatiently(address: URL, init: RequestInit): Promise<Response> {
    const { signal, patience = 0 } = this.options;
    const end = performance.now() + (init.method === 'GET' ? patience : 0);
    for (;;) {
      try {
        return await this.answered(address, init);
      } catch (error) {
        signal?.throwIfAborted();
        if (performance.now() >= end) throw new UnreachableError(this.url, error);
        await sleep(pause, undefined, { ...(signal ? { signal } : {}) });
      }
    }
  }
  /**
   * The answer's head. Node 20 never settles a fetch whose connection a proxy takes and drops at once, as Docker's does
   * while its container starts; and nothing keeps the process alive meanwhile but this timer.
   */
  private async answered(address: URL, init: RequestInit): Promise<Response> {
    const { signal, silence = longestSilence } = this.options;
    const silent = new AbortController();
    const tooLong = () => silent.abort(new Error(`no answer within ${silence / 1000} s`));
    const timer = setTimeout(tooLong, silence);
    try {
      return await fetch(address, { ...init, signal: AbortSignal.any([silent.signal, ...(signal ? [signal] : [])]) });
    } finally {
      clearTimeout(timer);
    }
  }
}
