import { DomainError } from '../domain-error.js';
import type { Federation } from './state.js';

/** Throws ROUND_NOT_STARTED. */
export function requireStarted(federation: Federation, round: number): void {
  const { round: currentRound } = federation;
  if (federation.rounds[round]?.started === true) return;
  const words = `round ${round} has not started; the current round is ${currentRound}`;
  throw new DomainError('ROUND_NOT_STARTED', words, { round, currentRound });
}
