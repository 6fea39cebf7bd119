/**
 * What happened to a federation, in the past tense. Stored under these names and shapes: a stored shape never changes,
 * a new one gets a new schema version and an upcast.
 */
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

export type FederationEvent =
  | {
      type: 'FederationCreated';
      data: {
        federationId: string;
        name: string;
        baseModel: BaseModelReference;
        modules: AdaptedModule[];
        /** Sorted by name: every order in the method goes by it. */
        clients: string[];
        configuration: FederationConfiguration;
      };
    }
  | { type: 'FederationStarted'; data: { federationId: string } }
  | { type: 'RoundStarted'; data: { federationId: string; round: number } }
  | { type: 'BaselineMeasured'; data: { federationId: string; round: 0; client: string; result: BaselineResult } }
  | {
      /** What `weights: "auto"` came to, after the last baseline: all training from then on holds frozen weights in `form`. */
      type: 'WeightFormChosen';
      data: { federationId: string; form: WeightForm; compared: WeightFormComparison[] };
    }
  | { type: 'ClientTrained'; data: { federationId: string; round: number; client: string; result: TrainingResult } }
  | { type: 'ClientTrainingFailed'; data: { federationId: string; round: number; client: string; reason: string } }
  | {
      /** Round 0: the first pool was drawn. Later rounds: the clients' experts were merged. */
      type: 'RoundAggregated';
      data: { federationId: string; round: number; pool: string; poolBytes: number; seconds: number };
    }
  | {
      /** Who holds which experts in `round`, decided from the scores artifact of the round before. */
      type: 'ExpertsAssigned';
      data: { federationId: string; round: number; assignment: ExpertAssignment; scores: string };
    }
  | { type: 'FederationCompleted'; data: { federationId: string; rounds: number } }
  | { type: 'FederationFailed'; data: { federationId: string; round: number; reason: string } }
  | { type: 'FederationCancelled'; data: { federationId: string; reason: string | null } };

export type FederationEventType = FederationEvent['type'];
