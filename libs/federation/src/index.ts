export { assertNever } from './assert-never.js';
export type {
  BaseModel,
  BaseModelCommand,
  BaseModelEvent,
  BaseModelPublication,
  BaseModelState,
} from './base-model/base-model.js';
export { decideBaseModel, evolveBaseModel, initialBaseModel } from './base-model/base-model.js';
export type { ClientCommand, ClientEvent, ClientState } from './client/client.js';
export { decideClient, evolveClient, initialClient } from './client/client.js';
export type {
  AssignmentStrategy,
  FederationConfiguration,
  FederationConfigurationInput,
  TrainingConfiguration,
} from './configuration.js';
export {
  assignmentStrategy,
  configurationChanges,
  digest,
  federationConfiguration,
  resolveConfiguration,
  resolvedConfiguration,
  baseModelName,
  resourceName,
  trainingConfiguration,
} from './configuration.js';
export type { DomainErrorCode } from './domain-error.js';
export { DomainError, domainErrorCodes } from './domain-error.js';
export type { AbandonedJob } from './federation/abandoned-jobs.js';
export { abandonedJobs } from './federation/abandoned-jobs.js';
export { nobodyIsAwaited } from './federation/close-round.js';
export type {
  AggregationOutcomeCommand,
  ClientOutcomeCommand,
  CreateFederation,
  FederationCommand,
  OperatorCommand,
  OutcomeCommand,
  PlacementCommand,
} from './federation/commands.js';
export { creationRefusals, limitsOf } from './federation/create-federation.js';
export { decideFederation } from './federation/decide.js';
export type { EarlierEmbeddings, EmbeddingSources } from './federation/embedding-sources.js';
export type {
  ClosingCause,
  FederationEvent,
  FederationEventType,
  MissingClient,
  PauseCause,
  UnableTrainer,
} from './federation/events.js';
export { evolveFederation, foldFederation } from './federation/evolve.js';
export type { ConfigurationChanges, ForkOptions } from './federation/fork.js';
export { forkFederation } from './federation/fork.js';
export type { JobIdentity } from './federation/job-ids.js';
export { aggregationJobId, jobId, parseJobId } from './federation/job-ids.js';
export type { FederationParent } from './federation/parent.js';
export type { RequiredAggregationPayload, RequiredJob, RequiredTrainingPayload } from './federation/required-jobs.js';
export type { RecordedAggregation } from './federation/replay.js';
export { recordedAggregation } from './federation/replay.js';
export { requiredJobs } from './federation/required-jobs.js';
export { own } from './federation/records.js';
export type { AggregatedPool, Round, RoundClosing } from './federation/round.js';
export { attemptOf, awaitedClients, unplacedReasonOf } from './federation/round.js';
export type { Federation, FederationState, FederationStatus } from './federation/state.js';
export { upcastMetrics } from './federation/upcast-metrics.js';
export { federationStatuses, initialFederation, membersOf, weightFormOf } from './federation/state.js';
export type { WeightFormComparison } from './federation/weight-form-choice.js';
export { weightFormBounds, weightFormComparison } from './federation/weight-form-choice.js';
export { upcastConfiguration } from './federation/upcast-configuration.js';
export type {
  AdaptedModule,
  AggregationOutcome,
  AggregationResult,
  BaselineResult,
  BaseModelReference,
  ComputeDevice,
  EvaluationMetrics,
  ExampleLengths,
  ExpertAssignment,
  HeldExperts,
  RefusedContribution,
  SplitSizes,
  TrainingResult,
  WeightFormMeasurement,
} from './results.js';
export {
  adaptedModule,
  aggregationOutcome,
  aggregationResult,
  baselineResult,
  baseModelReference,
  computeDevice,
  evaluationMetrics,
  exampleLengths,
  expertAssignment,
  heldExperts,
  refusedContribution,
  splitSizes,
  trainingResult,
  weightFormMeasurement,
} from './results.js';
export { trainerLabel } from './placement-options.js';
export type { WeightForm } from './weight-form.js';
export { bytesPerWeight, weightForm } from './weight-form.js';
export { baseModelStream, clientStream, federationIdOf, federationStream } from './streams.js';
