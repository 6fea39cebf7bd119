/** Jobs that were required once and that nobody waits for any more. */
import { aggregationJobId, jobId } from './job-ids.js';
import type { RequiredJob } from './required-jobs.js';
import type { Round } from './round.js';
import { attemptOf, awaitedClients, hasAnswered } from './round.js';
import type { Federation, FederationState } from './state.js';

export type AbandonedJob = Pick<RequiredJob, 'queue' | 'id'>;

/**
 * Of the current round and the one before: jobs of clients that are missing or have left, superseded attempts, and all open
 * ones where the federation is paused or has ended. One that is waiting is withdrawn; one that runs may end, and its
 * result is recorded late, or in time where the round is still open.
 */
export function abandonedJobs(state: FederationState): AbandonedJob[] {
  if (state.status === 'absent' || state.status === 'created') return [];
  const rounds = state.rounds.filter(({ round, started }) => started && round >= state.round - 1);
  return rounds.flatMap((round) => [...clientsJobs(state, round), ...aggregations(state, round)]);
}

function clientsJobs(federation: Federation, round: Round): AbandonedJob[] {
  const awaited = new Set(federation.status === 'running' ? awaitedClients(round, federation.left) : []);
  return round.participants.flatMap((client) => {
    const newest = attemptOf(round, client);
    const settled = newest === 1 && hasAnswered(round, client);
    if (settled) return [];
    const abandoned = awaited.has(client) ? newest - 1 : newest;
    return Array.from({ length: abandoned }, (_, index): AbandonedJob => {
      return { queue: 'training', id: jobId(federation.id, round.round, client, index + 1) };
    });
  });
}

function aggregations(federation: Federation, round: Round): AbandonedJob[] {
  const current = round.round === federation.round && round.closed !== null;
  const awaited = current && federation.status === 'running';
  const done = round.round < federation.round || federation.status === 'completed';
  const abandoned = awaited || done ? round.closings - 1 : round.closings;
  return Array.from({ length: Math.max(0, abandoned) }, (_, index) => ({
    queue: 'aggregation',
    id: aggregationJobId(federation.id, round.round, index + 1),
  }));
}
