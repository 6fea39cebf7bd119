/** `fedamole events`: what happened, and what happens. */
import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError, type ApiClient } from '@fedamole/api-client';
import { command } from '../command-line/command.js';
import type { Context } from '../command-line/context.js';
import { flag, repeated, text, wholeNumber } from '../command-line/parameters.js';
import { findFederation } from '../find-federation.js';
import { eventLine } from '../event-line.js';
import type { StoredEvent } from '../resources.js';

/** Milliseconds before a broken connection is made again. */
const pause = 1000;
const pageSize = '500';

export const events = [
  command({
    words: 'events',
    summary: 'Show the events of a federation or of all streams, and follow them.',
    positional: { federation: text('federation', 'identifier or name; all streams when left out') },
    options: {
      follow: flag('wait for more, until Ctrl-C; a broken connection is made again, and nothing is lost'),
      type: repeated(text('TYPE', 'only events of that type, such as RoundStarted')),
      client: text('NAME', 'only events of that client'),
      after: text('CURSOR', "only those behind this event's cursor"),
      limit: wholeNumber('N', 1, 1_000_000, 'the first so many'),
    },
    examples: [
      ['events quickstart --follow --type ClientTrained', 'every result as it comes'],
      ['events --json | jq -r .type | sort | uniq -c', 'how often what happened'],
    ],
    async run(context, { federation: given }, { follow, type, client, after, limit = Infinity }) {
      const api = await context.api();
      const id = given === undefined ? null : (await findFederation(api, given)).id;
      const source = follow ? followed(context, api, id, after ?? null) : pages(api, id, after);
      let shown = 0;
      for await (const event of source) {
        if (type.length > 0 && !type.includes(event.type)) continue;
        if (client !== undefined && clientOf(event) !== client) continue;
        context.output.item(event, () => eventLine(event));
        if (++shown >= limit) break;
      }
    },
  }),
];

async function* pages(api: ApiClient, id: string | null, first: string | undefined): AsyncGenerator<StoredEvent> {
  let after = first;
  do {
    const query = { after, limit: pageSize };
    const page =
      id === null
        ? await api.call('GET /v1/events', { query })
        : await api.call('GET /v1/federations/{id}/events', { path: { id }, query });
    yield* page.events;
    after = page.next ?? undefined;
  } while (after !== undefined);
}

/** Goes on behind the last event where the connection breaks after it was made once. */
async function* followed(
  { output, signal }: Context,
  api: ApiClient,
  id: string | null,
  after: string | null,
): AsyncGenerator<StoredEvent> {
  let last = after;
  let connected = false;
  for (;;) {
    try {
      const stream =
        id === null
          ? api.events('GET /v1/events/stream', {}, last)
          : api.events('GET /v1/federations/{id}/events/stream', { path: { id } }, last);
      for await (const { id: cursor, data } of stream) {
        connected = true;
        yield JSON.parse(data) as StoredEvent;
        last = cursor;
      }
    } catch (error) {
      if (!connected || !(error instanceof UnreachableError)) throw error;
      output.note(`${error.message}; trying again ...`);
    }
    await sleep(pause, undefined, { signal });
  }
}

const clientOf = ({ data }: StoredEvent): unknown =>
  typeof data === 'object' && data !== null && 'client' in data ? data.client : undefined;
