/** Events as a site sees them: those of federations that its clients take part in, without anything of other clients. */
import type { EventStore, StoredEvent } from '@fedamole/event-store';
import type { FederationEvent, FederationEventType } from '@fedamole/federation';
import { clientStream, federationIdOf } from '@fedamole/federation';
import { knownTo, mayKnow, type Caller } from '../access/caller.js';

/** What a caller may see of events that were read, in their order. */
export type Visibility = (events: readonly StoredEvent[]) => Promise<StoredEvent[]>;

type DataOf<Type extends FederationEventType> = Extract<FederationEvent, { type: Type }>['data'];
/** What a site is shown of each type's data; null hides the event. These fields are the same in every stored shape. */
type SiteViews = { [Type in FederationEventType]: (data: DataOf<Type>, site: Caller) => object | null };

const asItIs = (data: object): object => data;
const ofItsClient = (data: { client: string }, site: Caller): object | null =>
  mayKnow(site, data.client) ? data : null;

const siteViews: SiteViews = {
  FederationCreated: (data, site) => ({ ...data, clients: data.clients.filter((client) => mayKnow(site, client)) }),
  FederationStarted: asItIs,
  RoundStarted: asItIs,
  BaselineMeasured: ofItsClient,
  // Means over all clients.
  WeightFormChosen: (data) => ({ ...data, compared: [] }),
  ClientTrained: ofItsClient,
  ClientTrainingFailed: ofItsClient,
  RoundAggregated: asItIs,
  ExpertsAssigned: (data, site) => ({ ...data, assignment: knownTo(site, data.assignment) }),
  FederationCompleted: asItIs,
  // Its reason names the client that failed.
  FederationFailed: (data) => ({ ...data, reason: null }),
  FederationCancelled: asItIs,
};

/** Everything, for everybody but sites. */
export function visibilityTo(caller: Caller | null, store: EventStore): Visibility {
  if (caller?.scope !== 'site') return async (events) => [...events];
  const known = new Map<string, boolean>();
  return async (events) => {
    const visible: StoredEvent[] = [];
    for (const event of events) {
      if (!known.has(event.stream)) known.set(event.stream, await mayKnowStream(caller, event.stream, store));
      const shown = known.get(event.stream) ? siteViewOf(event, caller) : null;
      if (shown) visible.push(shown);
    }
    return visible;
  };
}

async function mayKnowStream(site: Caller, stream: string, store: EventStore): Promise<boolean> {
  if (federationIdOf(stream) === null) {
    return !stream.startsWith(clientStream('')) || site.clients.some((client) => clientStream(client) === stream);
  }
  const [created] = await store.readStream(stream, 0, 1);
  return (created?.data as DataOf<'FederationCreated'>).clients.some((client) => mayKnow(site, client));
}

function siteViewOf(event: StoredEvent, site: Caller): StoredEvent | null {
  const { type, data, stream } = event;
  const shown = federationIdOf(stream) === null ? data : viewOf(type as FederationEventType, data, site);
  if (shown === null) return null;
  // Who else works here, and under which idempotency keys, is not a site's business.
  const { correlationId } = event.metadata;
  return { ...event, data: shown, metadata: correlationId === undefined ? {} : { correlationId } };
}

function viewOf<Type extends FederationEventType>(type: Type, data: unknown, site: Caller): object | null {
  return siteViews[type](data as DataOf<Type>, site);
}
