import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import { closeAtDeadline, withClosing } from './close-round.js';
import type { CloseRound, FederationCommand, OperatorCommand, OutcomeCommand, PlacementCommand } from './commands.js';
import { createFederation } from './create-federation.js';
import type { FederationEvent } from './events.js';
import { cancelFederation, startFederation } from './lifecycle.js';
import { dropClient, joinClient } from './membership.js';
import { pauseFederation, resumeFederation } from './pause.js';
import { recordAggregationOutcome } from './record-aggregation-outcome.js';
import { recordClientOutcome } from './record-client-outcome.js';
import { recordPlacement } from './record-placement.js';
import { retryClient } from './retry-client.js';
import type { Federation, FederationState } from './state.js';

/**
 * The events that a command leads to; none where it changes nothing. Whatever it is, a running round closes as soon as
 * nobody is waited for any more. Throws a DomainError where a rule refuses the command.
 */
export function decideFederation(command: FederationCommand, state: FederationState): FederationEvent[] {
  if (command.type === 'CreateFederation') return createFederation(command, state);
  if (state.status === 'absent') throw new DomainError('FEDERATION_NOT_FOUND', 'there is no such federation');
  return withClosing(state, decideOn(state, command));
}

function decideOn(
  federation: Federation,
  command: OperatorCommand | CloseRound | PlacementCommand | OutcomeCommand,
): FederationEvent[] {
  switch (command.type) {
    case 'StartFederation':
      return startFederation(federation);
    case 'PauseFederation':
      return pauseFederation(federation, command.reason);
    case 'ResumeFederation':
      return resumeFederation(federation);
    case 'CancelFederation':
      return cancelFederation(federation, command.reason);
    case 'JoinClient':
      return joinClient(federation, command.client);
    case 'DropClient':
      return dropClient(federation, command.client, command.reason);
    case 'RetryClient':
      return retryClient(federation, command.round, command.client);
    case 'CloseRound':
      return closeAtDeadline(federation, command.round);
    case 'RecordUnplaced':
    case 'RecordPlaced':
      return recordPlacement(command, federation);
    case 'RecordBaseline':
    case 'RecordTraining':
    case 'RecordClientFailure':
      return recordClientOutcome(command, federation);
    case 'RecordAggregation':
    case 'RecordRefusals':
    case 'RecordAggregationFailure':
      return recordAggregationOutcome(command, federation);
    default:
      return assertNever(command);
  }
}
