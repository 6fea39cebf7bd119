import type { DomainEvent, EventMetadata, EventStore, StoredEvent } from '@fedamole/event-store';
import { ConcurrencyError } from '@fedamole/event-store';
import { foldToPresent } from './fold-cache.js';

export type StreamStore = Pick<EventStore, 'append' | 'readStream'>;

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
  readonly stored: readonly StoredEvent[];
}

/** A stream that moves on between reading and writing is read again; so often in a row it does not happen by chance. */
const mostTries = 20;

export async function foldStream<State, Command, Event extends DomainEvent>(
  store: StreamStore,
  decider: Decider<State, Command, Event>,
  stream: string,
): Promise<Folded<State>> {
  return foldToPresent(store, decider, stream);
}

/**
 * Decides on the stream's present state and appends what was decided. Returns how many events that were. Throws a
 * DomainError where a rule refuses the command.
 */
export async function handleCommand<State, Command, Event extends DomainEvent>(
  store: StreamStore,
  decider: Decider<State, Command, Event>,
  stream: string,
  command: Command,
  metadata: EventMetadata,
): Promise<number> {
  for (let tries = 1; ; tries++) {
    const { state, version } = await foldStream(store, decider, stream);
    const events = decider.decide(command, state);
    try {
      await store.append(stream, version, events, metadata);
      return events.length;
    } catch (error) {
      if (!(error instanceof ConcurrencyError) || tries === mostTries) throw error;
    }
  }
}
