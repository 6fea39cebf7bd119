import { assertNever } from '../assert-never.js';
import type { RoundEvent } from './events.js';
import { own } from './records.js';
import { withoutAnswers } from './reopened-round.js';
import { replaceRound } from './replace-round.js';
import type { Round } from './round.js';
import type { Federation } from './state.js';
import { membersOf } from './state.js';

export function evolveRound(federation: Federation, event: RoundEvent): Federation {
  switch (event.type) {
    case 'RoundStarted': {
      const { round } = event.data;
      const started = replaceRound(federation, round, (before) => {
        const holders = before.assigned ? Object.keys(before.assigned.assignment).sort() : membersOf(federation);
        return { ...before, started: true, participants: holders };
      });
      return { ...started, round, misses: missesAfter(federation, federation.rounds[round - 1]) };
    }
    case 'RoundClosed': {
      const { round, answered, missing, cause, next } = event.data;
      const { minExperts } = federation.configuration;
      const closed = { answered, missing, cause, next, minExperts };
      return replaceRound(federation, round, (before) => ({
        ...withoutAnswers(before, missing),
        closed,
        closings: before.closings + 1,
      }));
    }
    case 'WeightFormChosen': {
      const { form, compared } = event.data;
      return { ...federation, chosenWeightForm: { form, compared } };
    }
    case 'MinExpertsLowered': {
      const { round, to } = event.data;
      return replaceRound(federation, round - 1, (before) =>
        before.closed ? { ...before, closed: { ...before.closed, minExperts: to } } : before,
      );
    }
    case 'RoundAggregated': {
      const { round, pool, poolBytes, seconds } = event.data;
      return replaceRound(federation, round, (before) => ({ ...before, aggregated: { pool, poolBytes, seconds } }));
    }
    case 'ExpertsAssigned': {
      const { round, assignment, scores } = event.data;
      return replaceRound(federation, round, (before) => ({ ...before, assigned: { assignment, scores } }));
    }
    default:
      return assertNever(event);
  }
}

/** Rounds in a row that each client has missed, when the next one starts after `last`. */
function missesAfter({ misses }: Federation, last: Round | undefined): Readonly<Record<string, number>> {
  if (!last?.closed) return misses;
  const { missing, answered } = last.closed;
  const kept = Object.entries(misses).filter(([client]) => !answered.includes(client));
  const before = Object.fromEntries(kept);
  const more = missing.map(({ client }) => [client, (own(before, client) ?? 0) + 1] as const);
  return { ...before, ...Object.fromEntries(more) };
}
