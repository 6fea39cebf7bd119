/** What may be asked of a federation. Outcomes of jobs are commands too: the round process records them. */
import type { FederationConfiguration } from '../configuration.js';
import type {
  AdaptedModule,
  AggregationResult,
  BaselineResult,
  BaseModelReference,
  RefusedContribution,
  TrainingResult,
} from '../results.js';
import type { UnableTrainer } from './events.js';
import type { FederationParent } from './parent.js';

export interface CreateFederation {
  type: 'CreateFederation';
  federationId: string;
  name: string;
  baseModel: BaseModelReference;
  modules: readonly AdaptedModule[];
  clients: readonly string[];
  configuration: FederationConfiguration;
  /** Of a fork only. */
  parent?: FederationParent;
}

export type FederationCommand = CreateFederation | OperatorCommand | CloseRound | PlacementCommand | OutcomeCommand;

export type OperatorCommand =
  | { type: 'StartFederation' }
  | { type: 'PauseFederation'; reason: string | null }
  | { type: 'ResumeFederation' }
  | { type: 'CancelFederation'; reason: string | null }
  | { type: 'JoinClient'; client: string }
  | { type: 'DropClient'; client: string; reason: string | null }
  | { type: 'RetryClient'; round: number; client: string };

/** The round's deadline has passed: it goes on without those who have not answered. The round process knows the time. */
export interface CloseRound {
  type: 'CloseRound';
  round: number;
}

/** What the round process found of a client's job: that nobody live can run it, or that it is in a pool (again). */
export type PlacementCommand =
  | {
      type: 'RecordUnplaced';
      round: number;
      client: string;
      attempt: number;
      reason: string;
      trainers: readonly UnableTrainer[];
    }
  | { type: 'RecordPlaced'; round: number; client: string; attempt: number; trainerPool: string };

/**
 * Each names the attempt of the job that it is the outcome of. Recording the same outcome twice, or that of an attempt which
 * is settled, changes nothing.
 */
export type OutcomeCommand = ClientOutcomeCommand | AggregationOutcomeCommand;

export type ClientOutcomeCommand =
  | { type: 'RecordBaseline'; client: string; attempt: number; result: BaselineResult }
  | { type: 'RecordTraining'; round: number; client: string; attempt: number; result: TrainingResult }
  | { type: 'RecordClientFailure'; round: number; client: string; attempt: number; reason: string };

export type AggregationOutcomeCommand =
  | { type: 'RecordAggregation'; round: number; attempt: number; result: AggregationResult }
  | { type: 'RecordRefusals'; round: number; attempt: number; refused: readonly RefusedContribution[] }
  | { type: 'RecordAggregationFailure'; round: number; attempt: number; reason: string };
