/** What an aggregation was asked and what it answered, out of the events alone: enough to compute it again. */
import type { ExpertAssignment } from '../results.js';
import type { FederationEvent } from './events.js';
import { evolveFederation } from './evolve.js';
import type { RequiredAggregationPayload } from './required-jobs.js';
import { requiredJobs } from './required-jobs.js';
import type { FederationState } from './state.js';
import { initialFederation } from './state.js';

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
      const running: FederationState = before.status === 'absent' ? before : { ...before, status: 'running' };
      const job = requiredJobs(running).find(({ queue }) => queue === 'aggregation');
      if (job?.queue !== 'aggregation')
        throw new Error(`round ${round} was aggregated when no aggregation was required`);
      return { payload: job.payload, pool: event.data.pool, next: assignedAfter(events.slice(index), round + 1) };
    }
    before = evolveFederation(before, event);
  }
  return null;
}

function assignedAfter(events: readonly FederationEvent[], round: number): RecordedAggregation['next'] {
  for (const event of events) {
    if (event.type !== 'ExpertsAssigned' || event.data.round !== round) continue;
    const { assignment, scores } = event.data;
    return { assignment, scores };
  }
  return null;
}
