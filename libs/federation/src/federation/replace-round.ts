import type { Round } from './round.js';
import { emptyRound } from './round.js';
import type { Federation } from './state.js';

/** The federation with one round as `change` makes it. */
export function replaceRound(federation: Federation, number: number, change: (round: Round) => Round): Federation {
  const rounds = [...federation.rounds];
  rounds[number] = change(rounds[number] ?? emptyRound(number));
  return { ...federation, rounds };
}
