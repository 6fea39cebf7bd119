/** What clients' jobs came to. The first outcome of an attempt stands; a result that comes too late is kept and not merged. */
import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import type { BaselineResult, TrainingResult } from '../results.js';
import type { ClientOutcomeCommand } from './commands.js';
import type { FederationEvent } from './events.js';
import { requireClient } from './membership.js';
import { requireStarted } from './require-started.js';
import type { Round } from './round.js';
import { attemptOf, hasAnswered, settledAttemptOf } from './round.js';
import type { Federation } from './state.js';
import { isOpen, roundOf } from './state.js';

export function recordClientOutcome(command: ClientOutcomeCommand, federation: Federation): FederationEvent[] {
  const number = command.type === 'RecordBaseline' ? 0 : command.round;
  if (federation.status === 'created') return [];
  requireStarted(federation, number);
  const { client, attempt } = command;
  const round = roundOf(federation, number);
  requireParticipant(federation, round, client);
  if (hasAnswered(round, client) || attempt <= settledAttemptOf(round, client)) return [];
  switch (command.type) {
    case 'RecordBaseline':
      requireWeightForms(federation, client, command.result);
      return measured(federation, client, command.result);
    case 'RecordTraining':
      if (number === 0) throw new DomainError('RESULT_REFUSED', 'round 0 trains nobody', { client });
      return trained(federation, round, client, command.result);
    case 'RecordClientFailure':
      if (!isWaiting(federation, round, client) || attempt !== attemptOf(round, client)) return [];
      return [
        {
          type: 'ClientTrainingFailed',
          data: { federationId: federation.id, round: number, client, reason: command.reason },
        },
      ];
    default:
      return assertNever(command);
  }
}

function measured(federation: Federation, client: string, result: BaselineResult): FederationEvent[] {
  const round = roundOf(federation, 0);
  const { id: federationId } = federation;
  if (!isWaiting(federation, round, client)) return late(federation, round, client, result);
  return [{ type: 'BaselineMeasured', data: { federationId, round: 0, client, result } }];
}

function trained(federation: Federation, round: Round, client: string, result: TrainingResult): FederationEvent[] {
  if (!isWaiting(federation, round, client)) return late(federation, round, client, result);
  return [{ type: 'ClientTrained', data: { federationId: federation.id, round: round.round, client, result } }];
}

function late(
  federation: Federation,
  round: Round,
  client: string,
  result: BaselineResult | TrainingResult,
): FederationEvent[] {
  if (Object.hasOwn(round.late, client)) return [];
  return [{ type: 'LateResultRecorded', data: { federationId: federation.id, round: round.round, client, result } }];
}

/** The round can still take this client's answer, also while it is paused. */
const isWaiting = (federation: Federation, round: Round, client: string): boolean =>
  isOpen(federation) && !round.closed && !Object.hasOwn(federation.left, client);

/** Without float32's measurement there is nothing that another form could be compared with. */
function requireWeightForms({ configuration }: Federation, client: string, { weightForms }: BaselineResult): void {
  if (configuration.weights !== 'auto') return;
  if (weightForms?.some(({ form, metrics }) => form === 'float32' && metrics !== null)) return;
  const words = `the baseline of client "${client}" lacks measurements of weights in float32`;
  throw new DomainError('RESULT_REFUSED', words, { client });
}

function requireParticipant(federation: Federation, { round, participants }: Round, client: string): void {
  requireClient(federation, client);
  if (participants.includes(client)) return;
  throw new DomainError('CLIENT_NOT_IN_FEDERATION', `client "${client}" takes no part in round ${round}`, {
    client,
    round,
    participants,
  });
}
