import type { Appended, DomainEvent, EventMetadata, EventStore, StoredEvent } from '@fedamole/event-store';
import { asDomainEvent, ConcurrencyError } from '@fedamole/event-store';
import { randomUUID } from 'node:crypto';
import { foldToPresent } from './fold-cache.js';
import { originOfCommand, requireRequestedVersion } from './request-origin.js';

export type StreamStore = Pick<EventStore, 'append' | 'appendedUnder' | 'readStream'>;

/** How a kind of stream is read and what may be asked of it. */
export interface Decider<State, Command, Event extends DomainEvent> {
  readonly initial: State;
  decide(command: Command, state: State): Event[];
  evolve(state: State, event: Event): State;
}

export interface Folded<State> {
  readonly state: State;
  /** 0 where there is no such stream. */
  readonly version: number;
  /** The last event; undefined where there is none. */
  readonly last: StoredEvent | undefined;
  readonly stored: readonly StoredEvent[];
}

/** A stream that moves on between reading and writing is read again; so often in a row it does not happen by chance. */
const mostTries = 20;

/** `upToVersion` leaves out what came later. */
export async function foldStream<State, Command, Event extends DomainEvent>(
  store: StreamStore,
  decider: Decider<State, Command, Event>,
  stream: string,
  upToVersion: number | null = null,
): Promise<Folded<State>> {
  if (upToVersion === null) return foldToPresent(store, decider, stream);
  const stored = await store.readStream(stream, 0, upToVersion);
  const state = stored.reduce((folded, event) => decider.evolve(folded, asDomainEvent<Event>(event)), decider.initial);
  const last = stored.at(-1);
  return { state, version: last?.version ?? 0, last, stored };
}

/**
 * Decides on the stream's present state and appends what was decided. Returns what was appended: earlier, and perhaps to
 * another stream, where the command comes again under its idempotency key. Throws a DomainError where a rule refuses the
 * command, and a problem where the request names another version than the stream has.
 */
export async function handleCommand<State, Command extends { type: string }, Event extends DomainEvent>(
  store: StreamStore,
  decider: Decider<State, Command, Event>,
  stream: string,
  command: Command,
  metadata: EventMetadata = {},
): Promise<Appended> {
  const origin = originOfCommand(command.type);
  const earlier = origin && (await store.appendedUnder(origin));
  if (earlier) return earlier;
  for (let tries = 1; ; tries++) {
    const { state, version, last } = await foldStream(store, decider, stream);
    requireRequestedVersion(version);
    const events = decider.decide(command, state);
    try {
      return await store.append(stream, version, events, { ...(origin ?? followingOn(last)), ...metadata });
    } catch (error) {
      if (!(error instanceof ConcurrencyError) || tries === mostTries) throw error;
    }
  }
}

/** What nobody outside asked for followed from the stream's last event, unless the caller knows better. */
export function followingOn(last: StoredEvent | undefined): EventMetadata {
  const correlationId = last?.metadata.correlationId ?? randomUUID();
  const { traceparent } = last?.metadata ?? {};
  const shared = { correlationId, ...(traceparent === undefined ? {} : { traceparent }) };
  return last ? { ...shared, causationId: last.id } : shared;
}
