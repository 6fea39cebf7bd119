/** What may be asked of a federation. Outcomes of jobs are commands too: the round process records them. */
import type { FederationConfiguration } from '../configuration.js';
import type {
  AdaptedModule,
  AggregationResult,
  BaselineResult,
  BaseModelReference,
  TrainingResult,
} from '../results.js';

export type FederationCommand =
  | {
      type: 'CreateFederation';
      federationId: string;
      name: string;
      baseModel: BaseModelReference;
      modules: readonly AdaptedModule[];
      clients: readonly string[];
      configuration: FederationConfiguration;
    }
  | { type: 'StartFederation' }
  | { type: 'CancelFederation'; reason: string | null }
  | OutcomeCommand;

/** Recording the same outcome twice, or an outcome that comes too late, changes nothing. */
export type OutcomeCommand =
  | { type: 'RecordBaseline'; client: string; result: BaselineResult }
  | { type: 'RecordTraining'; round: number; client: string; result: TrainingResult }
  | { type: 'RecordClientFailure'; round: number; client: string; reason: string }
  | { type: 'RecordAggregation'; round: number; result: AggregationResult }
  | { type: 'RecordAggregationFailure'; round: number; reason: string };
