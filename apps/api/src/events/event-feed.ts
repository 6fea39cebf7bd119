import type { EventStore, StoredEvent } from '@fedamole/event-store';
import { formatCheckpoint, parseCheckpoint } from '@fedamole/event-store';
import type { MessageEvent } from '@nestjs/common';
import { Observable } from 'rxjs';
import type { Logger } from 'pino';
import { startLoop } from '../platform/background-loop.js';
import type { Wakeups } from '../platform/wakeups.js';
import type { EventPage, EventResource } from './schemas.js';
import type { Visibility } from './visible-events.js';

/** Events behind a cursor, at most `limit`; null is the beginning. */
export interface EventSource {
  read(after: string | null, limit: number): Promise<StoredEvent[]>;
  cursorOf(event: StoredEvent): string;
}

export const sourceOfStream = (store: EventStore, stream: string): EventSource => ({
  read: (after, limit) => store.readStream(stream, Number(after ?? 0), limit),
  cursorOf: (event) => String(event.version),
});

export const sourceOfAll = (store: EventStore): EventSource => ({
  read: (after, limit) => store.readAll(after === null ? null : parseCheckpoint(after), limit),
  cursorOf: (event) => formatCheckpoint(event.checkpoint),
});

/** A page holds fewer events than were read where the caller may not see some of them. */
export async function readPage(
  source: EventSource,
  visible: Visibility,
  after: string | null,
  limit: number,
): Promise<EventPage> {
  const stored = await source.read(after, limit);
  const last = stored.length === limit ? stored.at(-1) : undefined;
  const events = (await visible(stored)).map((event) => show(source, event));
  return { events, next: last ? source.cursorOf(last) : null };
}

const batchSize = 100;
/** Milliseconds between two looks without a wake-up, and between two signs of life. */
const pause = 1000;
const heartbeat = 15_000;

/** Server-sent events: first what is there, then whatever comes, until the client goes away. */
export function follow(
  source: EventSource,
  visible: Visibility,
  from: string | null,
  { wakeups, logger }: { wakeups: Wakeups; logger: Logger },
): Observable<MessageEvent> {
  return new Observable((subscriber) => {
    let after = from;
    let lastSent = Date.now();
    const step = async (signal: AbortSignal): Promise<number> => {
      const stored = await source.read(after, batchSize);
      const shown = await visible(stored);
      for (const event of shown) {
        if (signal.aborted) return pause;
        subscriber.next({ id: source.cursorOf(event), type: event.type, data: show(source, event) });
      }
      const last = stored.at(-1);
      if (last) after = source.cursorOf(last);
      if (shown.length > 0) lastSent = Date.now();
      else if (Date.now() - lastSent >= heartbeat) {
        // Without an id of its own it would get a counter, from which the listener would then go on.
        subscriber.next({ ...(after === null ? {} : { id: after }), type: 'heartbeat', data: {} });
        lastSent = Date.now();
      }
      return stored.length === batchSize ? 0 : pause;
    };
    const loop = startLoop(step, (error) => logger.warn({ err: error }, 'reading events for a listener failed'));
    const endWakeups = wakeups.onWake(() => loop.wake());
    return () => {
      endWakeups();
      void loop.close();
    };
  });
}

function show(source: EventSource, event: StoredEvent): EventResource {
  const { id, stream, version, type, schemaVersion, data, metadata, recordedAt } = event;
  return {
    id,
    cursor: source.cursorOf(event),
    stream,
    version,
    type,
    schemaVersion,
    data,
    metadata: { ...metadata },
    recordedAt: recordedAt.toISOString(),
  };
}
