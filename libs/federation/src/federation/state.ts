/** A federation as the fold of its events. */
import type { FederationConfiguration } from '../configuration.js';
import type {
  AdaptedModule,
  BaselineResult,
  BaseModelReference,
  ExpertAssignment,
  TrainingResult,
} from '../results.js';
import type { WeightForm } from '../weight-form.js';
import type { WeightFormComparison } from './weight-form-choice.js';

export const federationStatuses = ['created', 'running', 'completed', 'failed', 'cancelled'] as const;
export type FederationStatus = (typeof federationStatuses)[number];

/** The pool of experts as it was after a round. */
export interface AggregatedPool {
  readonly pool: string;
  readonly poolBytes: number;
  readonly seconds: number;
}

export interface Round {
  readonly round: number;
  /** What the clients hold in this round, and the scores that decided it; null in round 0, which trains nothing. */
  readonly assigned: { readonly assignment: ExpertAssignment; readonly scores: string } | null;
  /** False while only the assignment of the round is known. */
  readonly started: boolean;
  readonly baselines: Readonly<Record<string, BaselineResult>>;
  readonly results: Readonly<Record<string, TrainingResult>>;
  readonly failures: Readonly<Record<string, string>>;
  readonly aggregated: AggregatedPool | null;
}

export interface Federation {
  readonly status: FederationStatus;
  readonly id: string;
  readonly name: string;
  readonly baseModel: BaseModelReference;
  readonly modules: readonly AdaptedModule[];
  /** Sorted by name. */
  readonly clients: readonly string[];
  readonly configuration: FederationConfiguration;
  /** The round that was started last; 0 also before the start. */
  readonly round: number;
  /** By round number; round 0 measures the base model and draws the first pool. */
  readonly rounds: readonly Round[];
  /** What `weights: "auto"` came to; null until every baseline is known, and where a form was configured. */
  readonly chosenWeightForm: { readonly form: WeightForm; readonly compared: readonly WeightFormComparison[] } | null;
  /** Why it failed or was cancelled. */
  readonly reason: string | null;
}

export type FederationState = { readonly status: 'absent' } | Federation;

export const initialFederation: FederationState = { status: 'absent' };

export function emptyRound(round: number): Round {
  return { round, assigned: null, started: false, baselines: {}, results: {}, failures: {}, aggregated: null };
}

/** The round of that number; a bug, not an input error, where it is not there yet. */
export function roundOf(federation: Federation, number: number): Round {
  const round = federation.rounds[number];
  if (!round) throw new Error(`federation ${federation.id} has no round ${number}`);
  return round;
}

/** The form in which frozen weights are held in training; null while "auto" has not come to one. */
export function weightFormOf({ configuration, chosenWeightForm }: Federation): WeightForm | null {
  return configuration.weights === 'auto' ? (chosenWeightForm?.form ?? null) : configuration.weights;
}

/** Round 0 is over when every client's baseline is known, a later round when every client has trained. */
export function clientsAreDone(federation: Federation, round: Round): boolean {
  const outcomes = round.round === 0 ? round.baselines : round.results;
  return federation.clients.every((client) => Object.hasOwn(outcomes, client));
}
