/** A job that failed for good is parked: its error is in the events, and it runs again only when an operator says so. */
import { DomainError } from '../domain-error.js';
import type { FederationEvent } from './events.js';
import { alreadyFinished } from './lifecycle.js';
import { requireClient } from './membership.js';
import { attemptOf, hasAnswered } from './round.js';
import type { Federation } from './state.js';
import { isOpen, roundOf } from './state.js';
import { requireStarted } from './require-started.js';

/** Changes nothing for a client that has answered, or that is waited for. Throws ROUND_ALREADY_CLOSED. */
export function retryClient(federation: Federation, number: number, client: string): FederationEvent[] {
  const { id: federationId } = federation;
  requireStarted(federation, number);
  if (!isOpen(federation)) throw alreadyFinished(federation, 'retry a client of');
  requireClient(federation, client);
  const round = roundOf(federation, number);
  if (number < federation.round || round.closed) {
    throw new DomainError('ROUND_ALREADY_CLOSED', `round ${number} of federation ${federationId} goes on without it`, {
      federationId,
      round: number,
      client,
    });
  }
  if (hasAnswered(round, client) || !Object.hasOwn(round.failures, client)) return [];
  const attempt = attemptOf(round, client) + 1;
  return [{ type: 'ClientRetried', data: { federationId, round: number, client, attempt } }];
}
