/** Events as a site sees them: those of federations that its clients take part in, without anything of other clients. */
import type { EventStore, StoredEvent } from '@fedamole/event-store';
import type { FederationEvent, FederationEventType } from '@fedamole/federation';
import { clientStream, federationIdOf } from '@fedamole/federation';
import { knownTo, mayKnow, type Caller } from '../access/caller.js';
import { foldStream } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';
import { visibleFederation } from '../federations/visible-federation.js';

/** What a caller may see of events that were read, in their order. */
export type Visibility = (events: readonly StoredEvent[]) => Promise<StoredEvent[]>;

type DataOf<Type extends FederationEventType> = Extract<FederationEvent, { type: Type }>['data'];
/** What a site is shown of each type's data; null hides the event. These fields are the same in every stored shape. */
type SiteViews = { [Type in FederationEventType]: (data: DataOf<Type>, site: Caller) => object | null };

const asItIs = (data: object): object => data;
const ofItsClient = (data: { client: string }, site: Caller): object | null =>
  mayKnow(site, data.client) ? data : null;
const known = (clients: readonly string[], site: Caller): string[] => clients.filter((one) => mayKnow(site, one));
const ofKnown = <Entry extends { client: string }>(entries: readonly Entry[], site: Caller): Entry[] =>
  entries.filter(({ client }) => mayKnow(site, client));

const siteViews: SiteViews = {
  FederationCreated: (data, site) => ({ ...data, clients: known(data.clients, site) }),
  FederationStarted: asItIs,
  // Its reason names those that did not answer.
  FederationPaused: (data, site) => ({ ...data, reason: null, missing: ofKnown(data.missing, site) }),
  FederationResumed: (data, site) => ({ ...data, retried: ofKnown(data.retried, site) }),
  FederationCompleted: asItIs,
  // Its reason names the client that failed.
  FederationFailed: (data) => ({ ...data, reason: null }),
  FederationCancelled: asItIs,
  ClientJoined: ofItsClient,
  ClientLeft: ofItsClient,
  BaselineMeasured: ofItsClient,
  ClientTrained: ofItsClient,
  ClientTrainingFailed: ofItsClient,
  ClientRetried: ofItsClient,
  ContributionRefused: ofItsClient,
  LateResultRecorded: ofItsClient,
  // The trainers are other parties' machines.
  ClientJobUnplaced: (data, site) => (mayKnow(site, data.client) ? { ...data, trainers: [] } : null),
  ClientJobPlaced: ofItsClient,
  RoundStarted: asItIs,
  RoundClosed: (data, site) => ({
    ...data,
    answered: known(data.answered, site),
    missing: ofKnown(data.missing, site),
    next: data.next && known(data.next, site),
  }),
  // Means over all clients.
  WeightFormChosen: (data) => ({ ...data, compared: [] }),
  MinExpertsLowered: asItIs,
  RoundAggregated: asItIs,
  ExpertsAssigned: (data, site) => ({ ...data, assignment: knownTo(site, data.assignment) }),
};

/** Everything, for everybody but sites. */
export function visibilityTo(caller: Caller, store: EventStore): Visibility {
  if (caller.scope !== 'site') return async (events) => [...events];
  return async (events) => {
    const visible: StoredEvent[] = [];
    for (const event of events) {
      const shown = (await mayKnowStream(caller, event.stream, store)) ? siteViewOf(event, caller) : null;
      if (shown) visible.push(shown);
    }
    return visible;
  };
}

/** Asked anew for every event: a site's client may have joined meanwhile. (Present folds are kept, so this is cheap.) */
async function mayKnowStream(site: Caller, stream: string, store: EventStore): Promise<boolean> {
  if (federationIdOf(stream) === null) {
    return !stream.startsWith(clientStream('')) || site.clients.some((client) => clientStream(client) === stream);
  }
  const { state } = await foldStream(store, federationDecider, stream);
  return state.status !== 'absent' && visibleFederation(site, state) !== null;
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
