/** What an aggregation came to. Only that of the round as it closed last counts. */
import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import type { AggregationResult, RefusedContribution } from '../results.js';
import { assignmentViolation } from './assignment-violation.js';
import { closeRound } from './close-round.js';
import type { AggregationOutcomeCommand } from './commands.js';
import { afterEvents } from './evolve.js';
import type { FederationEvent } from './events.js';
import { own } from './records.js';
import { requireStarted } from './require-started.js';
import type { Round, RoundClosing } from './round.js';
import type { Federation } from './state.js';
import { isOpen, roundOf } from './state.js';

export function recordAggregationOutcome(
  command: AggregationOutcomeCommand,
  federation: Federation,
): FederationEvent[] {
  const { round: number, attempt } = command;
  if (federation.status === 'created') return [];
  requireStarted(federation, number);
  const round = roundOf(federation, number);
  const { closed } = round;
  if (!isOpen(federation) || number < federation.round || !closed || attempt !== round.closings) return [];
  switch (command.type) {
    case 'RecordAggregation':
      return aggregated(federation, round, closed, command.result);
    case 'RecordRefusals':
      return refused(federation, round, closed, command.refused);
    case 'RecordAggregationFailure': {
      const reason = `aggregation of round ${number}: ${command.reason}`;
      return [{ type: 'FederationFailed', data: { federationId: federation.id, round: number, reason } }];
    }
    default:
      return assertNever(command);
  }
}

function aggregated(
  federation: Federation,
  { round }: Round,
  closed: RoundClosing,
  { pool, poolBytes, seconds, next }: AggregationResult,
): FederationEvent[] {
  const { id: federationId, configuration } = federation;
  if ((closed.next === null) !== (next === null)) {
    const found = next === null ? 'no assignment for the next round' : 'an assignment after the last round';
    throw new DomainError('RESULT_REFUSED', `the aggregation of round ${round} gave ${found}`, { round });
  }
  const merged: FederationEvent = { type: 'RoundAggregated', data: { federationId, round, pool, poolBytes, seconds } };
  if (next === null || closed.next === null) {
    return [merged, { type: 'FederationCompleted', data: { federationId, rounds: configuration.rounds } }];
  }
  const violation = assignmentViolation(next.assignment, {
    modules: federation.modules,
    clients: closed.next,
    configuration: { ...configuration, minExperts: closed.minExperts },
  });
  if (violation) {
    throw new DomainError('RESULT_REFUSED', `the assignment for round ${round + 1} ${violation}`, { round });
  }
  return [
    merged,
    { type: 'ExpertsAssigned', data: { federationId, round: round + 1, ...next } },
    { type: 'RoundStarted', data: { federationId, round: round + 1 } },
  ];
}

/**
 * The round closes again without these contributions, or pauses where too few remain. Throws RESULT_REFUSED where it has
 * none of them: the same job would refuse them again for ever.
 */
function refused(
  federation: Federation,
  round: Round,
  closed: RoundClosing,
  contributions: readonly RefusedContribution[],
): FederationEvent[] {
  const { id: federationId } = federation;
  const found = contributions.filter(({ client, artifact }) => {
    const result = own(round.results, client);
    return closed.answered.includes(client) && (result?.adapter === artifact || result?.embeddings === artifact);
  });
  if (found.length === 0) {
    const words = `the aggregation of round ${round.round} refused artifacts that are not part of it`;
    throw new DomainError('RESULT_REFUSED', words, { round: round.round });
  }
  const first = new Map([...found].reverse().map((contribution) => [contribution.client, contribution]));
  const events = [...first.keys()].sort().flatMap((client): FederationEvent[] => {
    const contribution = first.get(client);
    return contribution
      ? [{ type: 'ContributionRefused', data: { federationId, round: round.round, ...contribution } }]
      : [];
  });
  return [...events, ...closeRound(afterEvents(federation, events), closed.cause)];
}
