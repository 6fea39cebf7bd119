import type { EventStore, StoredEvent } from '@fedamole/event-store';
import type { Federation } from '@fedamole/federation';
import { DomainError, federationStream } from '@fedamole/federation';
import { foldStream } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';
import type { AsOf } from './as-of.js';
import { versionAt } from './as-of.js';

/** A federation and the events that it is the fold of. */
export interface LoadedFederation {
  readonly federation: Federation;
  readonly stored: readonly StoredEvent[];
}

/** As it is now, or was at a moment. Throws FEDERATION_NOT_FOUND, or EVENT_NOT_FOUND where there is no such moment. */
export async function loadFederation(store: EventStore, id: string, moment?: AsOf): Promise<LoadedFederation> {
  const version = await versionAt(store, id, moment);
  const { state, stored } = await foldStream(store, federationDecider, federationStream(id), version);
  if (state.status === 'absent') {
    throw new DomainError('FEDERATION_NOT_FOUND', `there is no federation "${id}"`, { federationId: id });
  }
  return { federation: state, stored };
}

/** When an event of one of these types was first recorded; null where there is none. */
export function recordedAt(stored: readonly StoredEvent[], ...types: string[]): string | null {
  return stored.find(({ type }) => types.includes(type))?.recordedAt.toISOString() ?? null;
}

export const endings = ['FederationCompleted', 'FederationFailed', 'FederationCancelled'];
