/** Rounds as they are shown: a pure function of a federation's events. */
import type { FederationEvent, Round } from '@fedamole/federation';
import { attemptOf, own } from '@fedamole/federation';
import { ProblemException } from '../http/problem.js';
import type { LoadedFederation } from './loaded-federation.js';
import { endings, recordedAt } from './loaded-federation.js';
import type { RoundResource } from './rounds-schemas.js';

/** Rounds that were started, in order. */
export function showRounds(loaded: LoadedFederation): RoundResource[] {
  return loaded.federation.rounds.filter((round) => round.started).map((round) => showRound(loaded, round));
}

/** Throws ROUND_NOT_FOUND where it was not started. */
export function findRound(loaded: LoadedFederation, number: number): RoundResource {
  const round = loaded.federation.rounds[number];
  if (!round?.started) {
    throw new ProblemException(
      'ROUND_NOT_FOUND',
      `round ${number} of federation ${loaded.federation.id} was not started`,
    );
  }
  return showRound(loaded, round);
}

function showRound({ federation, stored }: LoadedFederation, round: Round): RoundResource {
  const startOf = (number: number): string | null => {
    const isStart = ({ type, data }: { type: string; data: unknown }): boolean =>
      type === 'RoundStarted' && (data as Extract<FederationEvent, { type: 'RoundStarted' }>['data']).round === number;
    return recordedAt(stored.filter(isStart), 'RoundStarted');
  };
  const last = round.round === federation.round;
  const ended = federation.status === 'created' ? 'running' : federation.status;
  return {
    round: round.round,
    state: last ? ended : 'completed',
    startedAt: startOf(round.round) ?? '',
    finishedAt: last ? recordedAt(stored, ...endings) : startOf(round.round + 1),
    clients: round.participants.map((client) => ({
      client,
      baseline: own(round.baselines, client) ?? null,
      result: own(round.results, client) ?? null,
      failure: own(round.failures, client) ?? null,
      attempt: attemptOf(round, client),
      late: own(round.late, client) ?? null,
    })),
    closed: round.closed && {
      ...round.closed,
      answered: [...round.closed.answered],
      missing: [...round.closed.missing],
      next: round.closed.next && [...round.closed.next],
    },
    aggregated: round.aggregated,
  };
}
