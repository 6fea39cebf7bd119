export { assertNever } from './assert-never.js';
export type { BaseModel, BaseModelCommand, BaseModelEvent, BaseModelState } from './base-model/base-model.js';
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
export type { FederationCommand, OutcomeCommand } from './federation/commands.js';
export { decideFederation } from './federation/decide.js';
export type { FederationEvent, FederationEventType } from './federation/events.js';
export { evolveFederation, foldFederation } from './federation/evolve.js';
export type { RequiredAggregationPayload, RequiredJob, RequiredTrainingPayload } from './federation/required-jobs.js';
export { abandonedJobs, aggregationJobId, jobId, requiredJobs } from './federation/required-jobs.js';
export type { RecordedAggregation } from './federation/replay.js';
export { recordedAggregation } from './federation/replay.js';
export type { AggregatedPool, Federation, FederationState, FederationStatus, Round } from './federation/state.js';
export { upcastMetrics } from './federation/upcast-metrics.js';
export { federationStatuses, initialFederation, weightFormOf } from './federation/state.js';
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
  expertAssignment,
  heldExperts,
  refusedContribution,
  splitSizes,
  trainingResult,
  weightFormMeasurement,
} from './results.js';
export type { WeightForm } from './weight-form.js';
export { weightForm } from './weight-form.js';
export { baseModelStream, clientStream, federationIdOf, federationStream } from './streams.js';
