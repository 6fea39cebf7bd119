import type { AggregationResult, RecordedAggregation } from '@fedamole/federation';
import { isDeepStrictEqual } from 'node:util';
import type { ReplayResource } from './schemas.js';

type Compared = Pick<ReplayResource, 'equal' | 'pool' | 'scores' | 'assignment'>;

/** What was computed again beside what the events say. */
export function compareAggregation(recorded: RecordedAggregation, again: AggregationResult): Compared {
  const pool = compareDigests(recorded.pool, again.pool);
  if (!recorded.next || !again.next) {
    return { equal: pool.equal && recorded.next === again.next, pool, scores: null, assignment: null };
  }
  const scores = compareDigests(recorded.next.scores, again.next.scores);
  const assignment = { equal: isDeepStrictEqual(recorded.next.assignment, again.next.assignment) };
  return { equal: pool.equal && scores.equal && assignment.equal, pool, scores, assignment };
}

const compareDigests = (recorded: string, recomputed: string) => ({
  recorded,
  recomputed,
  equal: recorded === recomputed,
});
