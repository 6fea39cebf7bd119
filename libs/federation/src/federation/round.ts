/** One round as the fold of its events: who takes part, what each has answered, what was merged. */
import type { BaselineResult, ExpertAssignment, TrainingResult } from '../results.js';
import type { ClosingCause, MissingClient } from './events.js';
import { own } from './records.js';

/** The pool of experts as it was after a round. */
export interface AggregatedPool {
  readonly pool: string;
  readonly poolBytes: number;
  readonly seconds: number;
}

/** Who answered in time, by name, and who takes part in the next round, which has that least number of experts a client. */
export interface RoundClosing {
  readonly answered: readonly string[];
  readonly missing: readonly MissingClient[];
  readonly cause: ClosingCause;
  readonly next: readonly string[] | null;
  readonly minExperts: number;
}

export interface Round {
  readonly round: number;
  /** Fixed when the round starts, by name. */
  readonly participants: readonly string[];
  /** What the clients hold in this round, and the scores that decided it; null in round 0, which trains nothing. */
  readonly assigned: { readonly assignment: ExpertAssignment; readonly scores: string } | null;
  /** False while only the assignment of the round is known. */
  readonly started: boolean;
  readonly baselines: Readonly<Record<string, BaselineResult>>;
  readonly results: Readonly<Record<string, TrainingResult>>;
  /** Why clients have no result: a failure for good, a refused contribution, or the time was up. */
  readonly failures: Readonly<Record<string, string>>;
  /** What came too late to be merged. */
  readonly late: Readonly<Record<string, TrainingResult | BaselineResult>>;
  /** The attempt that is waited for, of clients that were given more than the first. */
  readonly attempts: Readonly<Record<string, number>>;
  /** The last attempt that failed or whose result was refused; 0 where a client is not named. */
  readonly settled: Readonly<Record<string, number>>;
  /** Attempts of which it was told that no live trainer can run them, and why; those that are no longer waited for stay. */
  readonly unplaced: Readonly<Record<string, { readonly attempt: number; readonly reason: string }>>;
  /** Null while clients are waited for. */
  readonly closed: RoundClosing | null;
  /** How often it closed: the attempt of its aggregation. */
  readonly closings: number;
  readonly aggregated: AggregatedPool | null;
}

export function emptyRound(round: number): Round {
  return {
    round,
    participants: [],
    assigned: null,
    started: false,
    baselines: {},
    results: {},
    failures: {},
    late: {},
    attempts: {},
    settled: {},
    unplaced: {},
    closed: null,
    closings: 0,
    aggregated: null,
  };
}

export const attemptOf = ({ attempts }: Round, client: string): number => own(attempts, client) ?? 1;

export const settledAttemptOf = ({ settled }: Round, client: string): number => own(settled, client) ?? 0;

/** A baseline in round 0, a training result in later rounds. */
export const hasAnswered = (round: Round, client: string): boolean =>
  Object.hasOwn(round.round === 0 ? round.baselines : round.results, client);

/** Participants that the round still waits for: they have neither answered nor failed for good nor left. */
export function awaitedClients(round: Round, left: Readonly<Record<string, string>>): string[] {
  if (round.closed) return [];
  return round.participants.filter(
    (client) => !hasAnswered(round, client) && !Object.hasOwn(round.failures, client) && !Object.hasOwn(left, client),
  );
}

/** Why no live trainer can run the client's job, as far as was told; null where one can, or nobody waits for it. */
export function unplacedReasonOf(round: Round, left: Readonly<Record<string, string>>, client: string): string | null {
  const told = own(round.unplaced, client);
  if (told?.attempt !== attemptOf(round, client)) return null;
  return awaitedClients(round, left).includes(client) ? told.reason : null;
}

/** Participants without an answer, and why. */
export function missingClients(round: Round, left: Readonly<Record<string, string>>): MissingClient[] {
  return round.participants
    .filter((client) => !hasAnswered(round, client))
    .map((client) => ({ client, reason: reasonOf(round, left, client) }));
}

function reasonOf(round: Round, left: Readonly<Record<string, string>>, client: string): string {
  if (Object.hasOwn(left, client)) return `left the federation: ${left[client]}`;
  return own(round.failures, client) ?? 'no answer by the deadline';
}
