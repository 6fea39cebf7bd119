/**
 * What happened to a federation, in the past tense. Stored under these names and shapes: a stored shape never changes,
 * a new one gets a new schema version and an upcast. docs/rounds.md tells each in a sentence.
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
import type { FederationParent } from './parent.js';
import type { WeightFormComparison } from './weight-form-choice.js';

/** A participant that a round goes on, or pauses, without. */
export interface MissingClient {
  client: string;
  reason: string;
}

/** Nobody was waited for any more, or the time was up. */
export type ClosingCause = 'all-answered' | 'deadline';

/** An operator's wish, too few answers, or a next round whose experts could not be assigned. */
export type PauseCause = 'operator' | 'quorum' | 'infeasible';

export type FederationEvent = LifecycleEvent | MembershipEvent | PlacementEvent | ClientOutcomeEvent | RoundEvent;

/** Beginning, pauses and ends. */
export type LifecycleEvent =
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
        /** Of a fork: the round of another federation that it goes on from. */
        parent?: FederationParent;
      };
    }
  | { type: 'FederationStarted'; data: { federationId: string } }
  | {
      type: 'FederationPaused';
      data: { federationId: string; round: number; cause: PauseCause; reason: string; missing: MissingClient[] };
    }
  | {
      /** Those who had not answered are given another attempt where too few had. */
      type: 'FederationResumed';
      data: { federationId: string; round: number; retried: { client: string; attempt: number }[] };
    }
  | { type: 'FederationCompleted'; data: { federationId: string; rounds: number } }
  | { type: 'FederationFailed'; data: { federationId: string; round: number; reason: string } }
  | { type: 'FederationCancelled'; data: { federationId: string; reason: string | null } };

/** Who belongs to it. A client that joins takes part from the round that starts next; one that left is waited for no more. */
export type MembershipEvent =
  | { type: 'ClientJoined'; data: { federationId: string; client: string } }
  | { type: 'ClientLeft'; data: { federationId: string; client: string; reason: string } };

/** A live trainer that cannot run a job, and why not. */
export interface UnableTrainer {
  trainer: string;
  lacks: string;
}

/** Where a client's job is, told only where there was nowhere to put it. When it is told depends on time. */
export type PlacementEvent =
  | {
      /** For some seconds no live trainer could run it. It waits, and is placed as soon as one can. */
      type: 'ClientJobUnplaced';
      data: {
        federationId: string;
        round: number;
        client: string;
        attempt: number;
        reason: string;
        /** The first of those that are live, by name. */
        trainers: UnableTrainer[];
      };
    }
  | {
      /** A job that was told to be unplaced is on the queue of a pool whose trainers can run it. */
      type: 'ClientJobPlaced';
      data: { federationId: string; round: number; client: string; attempt: number; trainerPool: string };
    };

/** What became of a client's part in a round. */
export type ClientOutcomeEvent =
  | { type: 'BaselineMeasured'; data: { federationId: string; round: 0; client: string; result: BaselineResult } }
  | { type: 'ClientTrained'; data: { federationId: string; round: number; client: string; result: TrainingResult } }
  | { type: 'ClientTrainingFailed'; data: { federationId: string; round: number; client: string; reason: string } }
  | {
      /** A failed job is tried again, under a new attempt. */
      type: 'ClientRetried';
      data: { federationId: string; round: number; client: string; attempt: number };
    }
  | {
      /** The aggregator found an artifact that it will not merge: its client counts as not having answered. */
      type: 'ContributionRefused';
      data: { federationId: string; round: number; client: string; artifact: string; reason: string };
    }
  | {
      /** It came after its round had closed, its client had left or the federation had ended: kept, never merged. */
      type: 'LateResultRecorded';
      data: { federationId: string; round: number; client: string; result: TrainingResult | BaselineResult };
    };

/** A round from its start to the next one's assignment. */
export type RoundEvent =
  | { type: 'RoundStarted'; data: { federationId: string; round: number } }
  | {
      /**
       * Whose answers the round takes, whatever comes later, and who takes part in the next one (null after the last). It
       * closes again where contributions were refused, and where it went on after a pause.
       */
      type: 'RoundClosed';
      data: {
        federationId: string;
        round: number;
        answered: string[];
        missing: MissingClient[];
        cause: ClosingCause;
        next: string[] | null;
      };
    }
  | {
      /** What `weights: "auto"` came to, after round 0: all training from then on holds frozen weights in `form`. */
      type: 'WeightFormChosen';
      data: { federationId: string; form: WeightForm; compared: WeightFormComparison[] };
    }
  | {
      /** `round` will be assigned with at least `to` experts a client, as so many participants could not hold `from`. */
      type: 'MinExpertsLowered';
      data: { federationId: string; round: number; from: number; to: number; participants: number };
    }
  | {
      /** Round 0: the first pool was drawn. Later rounds: the clients' experts were merged. */
      type: 'RoundAggregated';
      data: { federationId: string; round: number; pool: string; poolBytes: number; seconds: number };
    }
  | {
      /** Who holds which experts in `round`, decided from the scores artifact of the round before. */
      type: 'ExpertsAssigned';
      data: { federationId: string; round: number; assignment: ExpertAssignment; scores: string };
    };

export type FederationEventType = FederationEvent['type'];
