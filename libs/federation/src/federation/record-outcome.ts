/** Outcomes of jobs, as the round process reports them. Whatever comes twice or too late changes nothing. */
import { assertNever } from '../assert-never.js';
import { DomainError } from '../domain-error.js';
import type { AggregationResult, BaselineResult } from '../results.js';
import { assignmentViolation } from './assignment-violation.js';
import type { OutcomeCommand } from './commands.js';
import type { FederationEvent } from './events.js';
import { evolveFederation } from './evolve.js';
import type { Federation } from './state.js';
import { clientsAreDone, roundOf } from './state.js';
import { compareWeightForms, fastestNearFloat32 } from './weight-form-choice.js';

export function recordOutcome(command: OutcomeCommand, federation: Federation): FederationEvent[] {
  const number = command.type === 'RecordBaseline' ? 0 : command.round;
  if (federation.status !== 'running' || number < federation.round) return [];
  if (number > federation.round) {
    throw new DomainError(
      'ROUND_NOT_STARTED',
      `round ${number} has not started; the current round is ${federation.round}`,
      {
        round: number,
        currentRound: federation.round,
      },
    );
  }
  const federationId = federation.id;
  const round = roundOf(federation, number);
  switch (command.type) {
    case 'RecordBaseline': {
      const { client, result } = command;
      requireClient(federation, client);
      if (Object.hasOwn(round.baselines, client)) return [];
      requireWeightForms(federation, client, result);
      const measured: FederationEvent = { type: 'BaselineMeasured', data: { federationId, round: 0, client, result } };
      return withNextRound(federation, measured, ...weightFormChosen(afterEvents(federation, measured)));
    }
    case 'RecordTraining': {
      const { client, result } = command;
      requireClient(federation, client);
      if (Object.hasOwn(round.results, client)) return [];
      if (number === 0) throw new DomainError('RESULT_REFUSED', 'round 0 trains nobody', { client });
      return [{ type: 'ClientTrained', data: { federationId, round: number, client, result } }];
    }
    case 'RecordClientFailure': {
      const { client, reason } = command;
      requireClient(federation, client);
      if (Object.hasOwn(round.results, client) || (number === 0 && Object.hasOwn(round.baselines, client))) return [];
      return [
        { type: 'ClientTrainingFailed', data: { federationId, round: number, client, reason } },
        { type: 'FederationFailed', data: { federationId, round: number, reason: `client "${client}": ${reason}` } },
      ];
    }
    case 'RecordAggregation':
      return round.aggregated ? [] : recordAggregation(federation, number, command.result);
    case 'RecordAggregationFailure': {
      if (round.aggregated) return [];
      const reason = `aggregation of round ${number}: ${command.reason}`;
      return [{ type: 'FederationFailed', data: { federationId, round: number, reason } }];
    }
    default:
      return assertNever(command);
  }
}

function recordAggregation(federation: Federation, round: number, result: AggregationResult): FederationEvent[] {
  const federationId = federation.id;
  const { pool, poolBytes, seconds, next } = result;
  const lastRound = round === federation.configuration.rounds;
  if (lastRound !== (next === null)) {
    const found = next === null ? 'no assignment for the next round' : 'an assignment after the last round';
    throw new DomainError('RESULT_REFUSED', `the aggregation of round ${round} gave ${found}`, { round });
  }
  const aggregated: FederationEvent = {
    type: 'RoundAggregated',
    data: { federationId, round, pool, poolBytes, seconds },
  };
  if (!next) {
    return [
      aggregated,
      { type: 'FederationCompleted', data: { federationId, rounds: federation.configuration.rounds } },
    ];
  }
  const violation = assignmentViolation(next.assignment, federation);
  if (violation)
    throw new DomainError('RESULT_REFUSED', `the assignment for round ${round + 1} ${violation}`, { round });
  const assigned: FederationEvent = { type: 'ExpertsAssigned', data: { federationId, round: round + 1, ...next } };
  return withNextRound(federation, aggregated, assigned);
}

/** Adds RoundStarted where these events are what the round was still waiting for. */
function withNextRound(federation: Federation, ...events: FederationEvent[]): FederationEvent[] {
  const after = afterEvents(federation, ...events);
  const round = roundOf(after, after.round);
  if (!round.aggregated || !clientsAreDone(after, round)) return events;
  return [...events, { type: 'RoundStarted', data: { federationId: after.id, round: after.round + 1 } }];
}

/** What "auto" comes to, once all baselines are known. */
function weightFormChosen(federation: Federation): FederationEvent[] {
  const { id: federationId, clients, configuration } = federation;
  const round = roundOf(federation, 0);
  if (configuration.weights !== 'auto' || !clientsAreDone(federation, round)) return [];
  const compared = compareWeightForms(clients.map((client) => round.baselines[client]?.weightForms ?? []));
  return [{ type: 'WeightFormChosen', data: { federationId, form: fastestNearFloat32(compared), compared } }];
}

function afterEvents(federation: Federation, ...events: FederationEvent[]): Federation {
  let after = federation;
  for (const event of events) {
    const state = evolveFederation(after, event);
    if (state.status === 'absent') throw new Error(`${event.type} made the federation disappear`);
    after = state;
  }
  return after;
}

/** Without float32's measurement there is nothing that another form could be compared with. */
function requireWeightForms({ configuration }: Federation, client: string, { weightForms }: BaselineResult): void {
  if (configuration.weights !== 'auto') return;
  if (weightForms?.some(({ form, metrics }) => form === 'float32' && metrics !== null)) return;
  throw new DomainError(
    'RESULT_REFUSED',
    `the baseline of client "${client}" lacks measurements of weights in float32`,
    {
      client,
    },
  );
}

function requireClient(federation: Federation, client: string): void {
  if (federation.clients.includes(client)) return;
  throw new DomainError('CLIENT_NOT_IN_FEDERATION', `client "${client}" is not part of federation ${federation.id}`, {
    client,
    clients: federation.clients,
  });
}
