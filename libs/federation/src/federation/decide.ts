import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import type { FederationCommand } from './commands.js';
import { createFederation } from './create-federation.js';
import type { FederationEvent } from './events.js';
import { recordOutcome } from './record-outcome.js';
import type { Federation, FederationState } from './state.js';

/** The events that a command leads to; none where it changes nothing. Throws a DomainError where a rule refuses it. */
export function decideFederation(command: FederationCommand, state: FederationState): FederationEvent[] {
  if (command.type === 'CreateFederation') return createFederation(command, state);
  if (state.status === 'absent') throw new DomainError('FEDERATION_NOT_FOUND', 'there is no such federation');
  switch (command.type) {
    case 'StartFederation':
      return start(state);
    case 'CancelFederation':
      return cancel(state, command.reason);
    case 'RecordBaseline':
    case 'RecordTraining':
    case 'RecordClientFailure':
    case 'RecordAggregation':
    case 'RecordAggregationFailure':
      return recordOutcome(command, state);
    default:
      return assertNever(command);
  }
}

function start(federation: Federation): FederationEvent[] {
  const federationId = federation.id;
  switch (federation.status) {
    case 'created':
      return [
        { type: 'FederationStarted', data: { federationId } },
        { type: 'RoundStarted', data: { federationId, round: 0 } },
      ];
    case 'running':
      return [];
    case 'completed':
    case 'failed':
    case 'cancelled':
      throw alreadyFinished(federation, 'start');
    default:
      return assertNever(federation.status);
  }
}

function cancel(federation: Federation, reason: string | null): FederationEvent[] {
  switch (federation.status) {
    case 'created':
    case 'running':
      return [{ type: 'FederationCancelled', data: { federationId: federation.id, reason } }];
    case 'cancelled':
      return [];
    case 'completed':
    case 'failed':
      throw alreadyFinished(federation, 'cancel');
    default:
      return assertNever(federation.status);
  }
}

function alreadyFinished(federation: Federation, verb: string): DomainError {
  const { id, status } = federation;
  return new DomainError('FEDERATION_ALREADY_FINISHED', `cannot ${verb} federation ${id}: it is ${status}`, {
    federationId: id,
    status,
  });
}
