/**
 * States that were folded already, so that the next look at a stream reads only what came since: with many clients a stream
 * has thousands of events, and every outcome looks at it. What is kept may be out of date and is never taken for the
 * present: events after it are always read, and an append checks the version, so any number of replicas may do the same.
 */
import { asDomainEvent } from '@fedamole/event-store';
import type { DomainEvent } from '@fedamole/event-store';
import type { Decider, Folded, StreamStore } from './command-handler.js';

/** Events of all kept streams together; the stream that was looked at last is kept however long it is. */
const mostEvents = 20_000;

type KeptStreams = Map<string, Folded<unknown>>;

/** By store and decider: a stream's state is one of a decider, and another database has other streams of the same name. */
const kept = new WeakMap<StreamStore, WeakMap<object, KeptStreams>>();

/** The fold of a stream as it is now. */
export async function foldToPresent<State, Command, Event extends DomainEvent>(
  store: StreamStore,
  decider: Decider<State, Command, Event>,
  stream: string,
): Promise<Folded<State>> {
  const streams = keptStreams(store, decider);
  // What is kept under a decider was folded by it.
  const former = streams.get(stream) as Folded<State> | undefined;
  const { state, version, stored } = former ?? { state: decider.initial, version: 0, stored: [] };
  const added = await store.readStream(stream, version);
  const present: Folded<State> = {
    state: added.reduce((folded, event) => decider.evolve(folded, asDomainEvent<Event>(event)), state),
    version: added.at(-1)?.version ?? version,
    stored: added.length === 0 ? stored : [...stored, ...added],
  };
  keep(streams, stream, present);
  return present;
}

function keptStreams(store: StreamStore, decider: object): KeptStreams {
  const ofStore = kept.get(store) ?? new WeakMap<object, KeptStreams>();
  kept.set(store, ofStore);
  const streams = ofStore.get(decider) ?? new Map<string, Folded<unknown>>();
  ofStore.set(decider, streams);
  return streams;
}

/** The last one goes to the end of the map; those at its beginning were not looked at for longest. */
function keep(streams: KeptStreams, stream: string, folded: Folded<unknown>): void {
  const meanwhile = streams.get(stream);
  streams.delete(stream);
  streams.set(stream, meanwhile && meanwhile.version > folded.version ? meanwhile : folded);
  let events = 0;
  for (const { version } of streams.values()) events += version;
  for (const [oldest, { version }] of streams) {
    if (events <= mostEvents || oldest === stream) return;
    streams.delete(oldest);
    events -= version;
  }
}
