import type { EventStore, StoredEvent } from '@fedamole/event-store';
import type { Federation } from '@fedamole/federation';
import { DomainError, federationStream } from '@fedamole/federation';
import { foldStream } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';

/** A federation and the events that it is the fold of. */
export interface LoadedFederation {
  readonly federation: Federation;
  readonly stored: readonly StoredEvent[];
}

/** Throws FEDERATION_NOT_FOUND. */
export async function loadFederation(store: EventStore, id: string): Promise<LoadedFederation> {
  const { state, stored } = await foldStream(store, federationDecider, federationStream(id));
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
