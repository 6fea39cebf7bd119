/**
 * States that were folded already, so that the next look at a stream reads only what came since: with many clients a stream
 * has thousands of events, and every outcome looks at it. What is kept may be out of date and is never taken for the
 * present: events after it are always read, and an append checks the version, so any number of replicas may do the same.
 */
import { asDomainEvent } from '@fedamole/event-store';
import type { DomainEvent, StoredEvent } from '@fedamole/event-store';
import type { Decider, Folded, StreamStore } from './command-handler.js';

/** Events of all kept streams together; the stream that was looked at last is kept however long it is. */
const mostEvents = 20_000;

interface KeptFold<State> {
  readonly state: State;
  readonly version: number;
  /** All events of the stream, in order; those after `version` came while others looked at it. Only ever added to. */
  readonly events: StoredEvent[];
}

type KeptStreams = Map<string, KeptFold<unknown>>;

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
  const former = streams.get(stream) as KeptFold<State> | undefined;
  const {
    state: formerState,
    version: formerVersion,
    events,
  } = former ?? { state: decider.initial, version: 0, events: [] };
  const added = await store.readStream(stream, formerVersion);
  const state = added.reduce((folded, event) => decider.evolve(folded, asDomainEvent<Event>(event)), formerState);
  const version = added.at(-1)?.version ?? formerVersion;
  // Versions count from 1 without a gap: what another look has added meanwhile is there already.
  for (const event of added) if (event.version > events.length) events.push(event);
  keep(streams, stream, { state, version, events });
  return {
    state,
    version,
    last: events[version - 1],
    // Copied only where somebody asks: few do, and a stream is long.
    get stored() {
      return events.slice(0, version);
    },
  };
}

function keptStreams(store: StreamStore, decider: object): KeptStreams {
  const ofStore = kept.get(store) ?? new WeakMap<object, KeptStreams>();
  kept.set(store, ofStore);
  const streams = ofStore.get(decider) ?? new Map<string, KeptFold<unknown>>();
  ofStore.set(decider, streams);
  return streams;
}

/** The last one goes to the end of the map; those at its beginning were not looked at for longest. */
function keep(streams: KeptStreams, stream: string, fold: KeptFold<unknown>): void {
  const meanwhile = streams.get(stream);
  streams.delete(stream);
  streams.set(stream, meanwhile && meanwhile.version > fold.version ? meanwhile : fold);
  let events = 0;
  for (const { version } of streams.values()) events += version;
  for (const [oldest, { version }] of streams) {
    if (events <= mostEvents || oldest === stream) return;
    streams.delete(oldest);
    events -= version;
  }
}
