/** Clients that join and leave. Joining takes effect in the round that starts next, leaving at once. */
import { DomainError } from '../domain-error.js';
import type { FederationEvent } from './events.js';
import { alreadyFinished } from './lifecycle.js';
import { own } from './records.js';
import type { Federation } from './state.js';
import { isOpen, membersOf } from './state.js';

/**
 * Takes in a client that is new, one that has left, or one that sits out because it missed rounds. Of any other it changes
 * nothing.
 */
export function joinClient(federation: Federation, client: string): FederationEvent[] {
  requireUnfinished(federation, 'join');
  const belongs = federation.clients.includes(client) && !Object.hasOwn(federation.left, client);
  if (belongs && (own(federation.misses, client) ?? 0) === 0) return [];
  return [{ type: 'ClientJoined', data: { federationId: federation.id, client } }];
}

/** What it has handed in for the open round is still merged. Throws LAST_CLIENT where nobody would be left. */
export function dropClient(federation: Federation, client: string, reason: string | null): FederationEvent[] {
  requireUnfinished(federation, 'leave');
  const { id: federationId } = federation;
  requireClient(federation, client);
  if (Object.hasOwn(federation.left, client)) return [];
  if (membersOf(federation).length === 1) {
    const words = `client "${client}" is the last one of federation ${federationId}: cancel it instead`;
    throw new DomainError('LAST_CLIENT', words, { federationId, client });
  }
  const words = reason ?? 'an operator took it out';
  return [{ type: 'ClientLeft', data: { federationId, client, reason: words } }];
}

export function requireClient(federation: Federation, client: string): void {
  if (federation.clients.includes(client)) return;
  throw new DomainError('CLIENT_NOT_IN_FEDERATION', `client "${client}" is not part of federation ${federation.id}`, {
    client,
    clients: federation.clients,
  });
}

function requireUnfinished(federation: Federation, verb: string): void {
  if (federation.status !== 'created' && !isOpen(federation)) throw alreadyFinished(federation, verb);
}
