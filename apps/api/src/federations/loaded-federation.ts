import type { EventStore, StoredEvent } from '@fedamole/event-store';
import type { Federation } from '@fedamole/federation';
import { DomainError, federationStream } from '@fedamole/federation';
import { currentCaller } from '../commands/request-origin.js';
import { foldStream } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';
import type { AsOf } from './as-of.js';
import { versionAt } from './as-of.js';
import { visibleFederation } from './visible-federation.js';

/** A federation and the events that it is the fold of. */
export interface LoadedFederation {
  readonly federation: Federation;
  readonly stored: readonly StoredEvent[];
}

/**
 * As it is now, or was at a moment, as far as the caller of the request under way may know of it. Throws
 * FEDERATION_NOT_FOUND, or EVENT_NOT_FOUND where there is no such moment.
 */
export async function loadFederation(store: EventStore, id: string, moment?: AsOf): Promise<LoadedFederation> {
  const notThere = (): DomainError =>
    new DomainError('FEDERATION_NOT_FOUND', `there is no federation "${id}"`, { federationId: id });
  const now = await foldStream(store, federationDecider, federationStream(id));
  if (now.state.status === 'absent' || !visibleFederation(currentCaller(), now.state)) throw notThere();
  const version = await versionAt(store, id, moment);
  const { state, stored } =
    version === null ? now : await foldStream(store, federationDecider, federationStream(id), version);
  const federation = state.status === 'absent' ? null : visibleFederation(currentCaller(), state);
  if (!federation) throw notThere();
  return { federation, stored };
}

/** When an event of one of these types was first recorded; null where there is none. */
export function recordedAt(stored: readonly StoredEvent[], ...types: string[]): string | null {
  return stored.find(({ type }) => types.includes(type))?.recordedAt.toISOString() ?? null;
}

export const endings = ['FederationCompleted', 'FederationFailed', 'FederationCancelled'];
