import { assertNever } from '../assert-never.js';
import type { FederationEvent } from './events.js';
import type { Federation, FederationState, Round } from './state.js';
import { emptyRound, initialFederation } from './state.js';

/** Folds one event. Throws where a stream does not begin with FederationCreated: such a stream is corrupt. */
export function evolveFederation(state: FederationState, event: FederationEvent): FederationState {
  if (event.type === 'FederationCreated') {
    const { federationId, ...created } = event.data;
    return {
      status: 'created',
      id: federationId,
      ...created,
      round: 0,
      rounds: [],
      chosenWeightForm: null,
      reason: null,
    };
  }
  if (state.status === 'absent') throw new Error(`${event.type} before FederationCreated`);
  switch (event.type) {
    case 'FederationStarted':
      return { ...state, status: 'running' };
    case 'RoundStarted':
      return { ...withRound(state, event.data.round, { started: true }), round: event.data.round };
    case 'BaselineMeasured': {
      const { round, client, result } = event.data;
      return withRound(state, round, { baselines: { ...state.rounds[round]?.baselines, [client]: result } });
    }
    case 'WeightFormChosen': {
      const { form, compared } = event.data;
      return { ...state, chosenWeightForm: { form, compared } };
    }
    case 'ClientTrained': {
      const { round, client, result } = event.data;
      return withRound(state, round, { results: { ...state.rounds[round]?.results, [client]: result } });
    }
    case 'ClientTrainingFailed': {
      const { round, client, reason } = event.data;
      return withRound(state, round, { failures: { ...state.rounds[round]?.failures, [client]: reason } });
    }
    case 'RoundAggregated': {
      const { round, pool, poolBytes, seconds } = event.data;
      return withRound(state, round, { aggregated: { pool, poolBytes, seconds } });
    }
    case 'ExpertsAssigned': {
      const { round, assignment, scores } = event.data;
      return withRound(state, round, { assigned: { assignment, scores } });
    }
    case 'FederationCompleted':
      return { ...state, status: 'completed' };
    case 'FederationFailed':
      return { ...state, status: 'failed', reason: event.data.reason };
    case 'FederationCancelled':
      return { ...state, status: 'cancelled', reason: event.data.reason };
    default:
      return assertNever(event);
  }
}

export function foldFederation(events: Iterable<FederationEvent>): FederationState {
  let state = initialFederation;
  for (const event of events) state = evolveFederation(state, event);
  return state;
}

function withRound(federation: Federation, number: number, change: Partial<Round>): Federation {
  const rounds = [...federation.rounds];
  rounds[number] = { ...(rounds[number] ?? emptyRound(number)), ...change };
  return { ...federation, rounds };
}
