/** How a federation begins and how an operator ends it. */
import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import type { FederationEvent } from './events.js';
import type { Federation } from './state.js';

/** A fork goes on in round 1 from its parent's pool; any other federation begins with round 0. */
export function startFederation(federation: Federation): FederationEvent[] {
  const { id: federationId, status, parent } = federation;
  switch (status) {
    case 'created':
      return [
        { type: 'FederationStarted', data: { federationId } },
        { type: 'RoundStarted', data: { federationId, round: parent ? 1 : 0 } },
      ];
    case 'running':
      return [];
    case 'paused':
      throw new DomainError('FEDERATION_PAUSED', `federation ${federationId} is paused: resume it`, { federationId });
    case 'completed':
    case 'failed':
    case 'cancelled':
      throw alreadyFinished(federation, 'start');
    default:
      return assertNever(status);
  }
}

export function cancelFederation(federation: Federation, reason: string | null): FederationEvent[] {
  const { id: federationId, status } = federation;
  switch (status) {
    case 'created':
    case 'running':
    case 'paused':
      return [{ type: 'FederationCancelled', data: { federationId, reason } }];
    case 'cancelled':
      return [];
    case 'completed':
    case 'failed':
      throw alreadyFinished(federation, 'cancel');
    default:
      return assertNever(status);
  }
}

export function alreadyFinished({ id, status }: Federation, verb: string): DomainError {
  return new DomainError('FEDERATION_ALREADY_FINISHED', `cannot ${verb} federation ${id}: it is ${status}`, {
    federationId: id,
    status,
  });
}
