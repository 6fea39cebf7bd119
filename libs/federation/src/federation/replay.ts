/** What an aggregation was asked and what it answered, out of the events alone: enough to compute it again. */
import type { ExpertAssignment } from '../results.js';
import type { FederationEvent } from './events.js';
import { afterEvents, evolveFederation } from './evolve.js';
import type { RequiredAggregationPayload } from './required-jobs.js';
import { requiredJobs } from './required-jobs.js';
import type { Federation, FederationState } from './state.js';
import { initialFederation, roundOf } from './state.js';

export interface RecordedAggregation {
  /** The job as it was required when its result was recorded. */
  readonly payload: RequiredAggregationPayload;
  readonly pool: string;
  /** Null after the last round, which assigns nothing. */
  readonly next: { readonly assignment: ExpertAssignment; readonly scores: string } | null;
}

/**
 * The aggregation of a round: in round 0 the drawing of the first pool, later the merge. Null where none was recorded.
 * Since jobs are a function of the state, the job is the one that the state before RoundAggregated requires.
 */
export function recordedAggregation(events: readonly FederationEvent[], round: number): RecordedAggregation | null {
  let before: FederationState = initialFederation;
  for (const [index, event] of events.entries()) {
    if (event.type === 'RoundAggregated' && event.data.round === round) {
      // An operator may have paused it when the result came.
      const running: FederationState =
        before.status === 'absent' ? before : { ...closedBefore(before, round), status: 'running' };
      const job = requiredJobs(running).find(({ queue }) => queue === 'aggregation');
      if (job?.queue !== 'aggregation')
        throw new Error(`round ${round} was aggregated when no aggregation was required`);
      return { payload: job.payload, pool: event.data.pool, next: assignedAfter(events.slice(index), round + 1) };
    }
    before = evolveFederation(before, event);
  }
  return null;
}

/** Rounds of earlier versions did not close: all participants answered, and all of them took part in the next one. */
function closedBefore(federation: Federation, number: number): Federation {
  const { id: federationId, configuration } = federation;
  const { closed, participants } = roundOf(federation, number);
  if (closed) return federation;
  const answered = [...participants];
  const next = number === configuration.rounds ? null : answered;
  const data = { federationId, round: number, answered, missing: [], cause: 'all-answered' as const, next };
  return afterEvents(federation, [{ type: 'RoundClosed', data }]);
}

function assignedAfter(events: readonly FederationEvent[], round: number): RecordedAggregation['next'] {
  for (const event of events) {
    if (event.type !== 'ExpertsAssigned' || event.data.round !== round) continue;
    const { assignment, scores } = event.data;
    return { assignment, scores };
  }
  return null;
}
