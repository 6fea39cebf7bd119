/** A federation as the fold of its events. */
import type { FederationConfiguration } from '../configuration.js';
import type { AdaptedModule, BaseModelReference } from '../results.js';
import type { WeightForm } from '../weight-form.js';
import type { PauseCause } from './events.js';
import type { Round } from './round.js';
import type { WeightFormComparison } from './weight-form-choice.js';

export const federationStatuses = ['created', 'running', 'paused', 'completed', 'failed', 'cancelled'] as const;
export type FederationStatus = (typeof federationStatuses)[number];

export interface Federation {
  readonly status: FederationStatus;
  readonly id: string;
  readonly name: string;
  readonly baseModel: BaseModelReference;
  readonly modules: readonly AdaptedModule[];
  /** Everyone who ever belonged to it, sorted by name. */
  readonly clients: readonly string[];
  /** Those who have left, and why. */
  readonly left: Readonly<Record<string, string>>;
  /** How many of the rounds that each took part in went by without it, in a row; 0 where it is not named. */
  readonly misses: Readonly<Record<string, number>>;
  readonly configuration: FederationConfiguration;
  /** The round that was started last; 0 also before the start. */
  readonly round: number;
  /** By round number; round 0 measures the base model and draws the first pool, or is the parent's round. */
  readonly rounds: readonly Round[];
  /** What `weights: "auto"` came to; null until every baseline is known, and where a form was configured. */
  readonly chosenWeightForm: { readonly form: WeightForm; readonly compared: readonly WeightFormComparison[] } | null;
  /** The round of another federation that it was forked from. */
  readonly parent: { readonly federationId: string; readonly round: number } | null;
  /** Null unless it is paused. */
  readonly pauseCause: PauseCause | null;
  /** Why it is paused, failed or was cancelled. */
  readonly reason: string | null;
}

export type FederationState = { readonly status: 'absent' } | Federation;

export const initialFederation: FederationState = { status: 'absent' };

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

/** Those who belong to it now, by name. */
export function membersOf({ clients, left }: Federation): string[] {
  return clients.filter((client) => !Object.hasOwn(left, client));
}

/** Work goes on or may go on again. */
export const isOpen = ({ status }: Federation): boolean => status === 'running' || status === 'paused';
