import { assertNever } from '../assert-never.js';
import { evolveClientOutcome } from './evolve-client-outcome.js';
import { evolveLifecycle, created } from './evolve-lifecycle.js';
import { evolvePlacement } from './evolve-placement.js';
import { evolveRound } from './evolve-round.js';
import type { FederationEvent } from './events.js';
import type { Federation, FederationState } from './state.js';
import { initialFederation } from './state.js';

/** Folds one event. Throws where a stream does not begin with FederationCreated: such a stream is corrupt. */
export function evolveFederation(state: FederationState, event: FederationEvent): FederationState {
  if (event.type === 'FederationCreated') return created(event.data);
  if (state.status === 'absent') throw new Error(`${event.type} before FederationCreated`);
  switch (event.type) {
    case 'FederationStarted':
    case 'FederationPaused':
    case 'FederationResumed':
    case 'FederationCompleted':
    case 'FederationFailed':
    case 'FederationCancelled':
    case 'ClientJoined':
    case 'ClientLeft':
      return evolveLifecycle(state, event);
    case 'ClientJobUnplaced':
    case 'ClientJobPlaced':
      return evolvePlacement(state, event);
    case 'BaselineMeasured':
    case 'ClientTrained':
    case 'ClientTrainingFailed':
    case 'ClientRetried':
    case 'ContributionRefused':
    case 'LateResultRecorded':
      return evolveClientOutcome(state, event);
    case 'RoundStarted':
    case 'RoundClosed':
    case 'WeightFormChosen':
    case 'MinExpertsLowered':
    case 'RoundAggregated':
    case 'ExpertsAssigned':
      return evolveRound(state, event);
    default:
      return assertNever(event);
  }
}

export function foldFederation(events: Iterable<FederationEvent>): FederationState {
  let state = initialFederation;
  for (const event of events) state = evolveFederation(state, event);
  return state;
}

/** A federation as it is after these events. */
export function afterEvents(federation: Federation, events: readonly FederationEvent[]): Federation {
  let after = federation;
  for (const event of events) {
    const state = evolveFederation(after, event);
    if (state.status === 'absent') throw new Error(`${event.type} made the federation disappear`);
    after = state;
  }
  return after;
}
