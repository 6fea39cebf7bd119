export type { AdapterKind } from './adapter-kind.js';
export { Adam, type AdamSettings, type Moments } from './adam.js';
export type { Origin } from './diagnosis.js';
export { makeBatch, type Batch, type Sequence } from './batch.js';
export { choiceAccuracy, chosenAnswers, type Question } from './choices.js';
export {
  chooseDevice,
  DeviceError,
  deviceChoices,
  devices,
  type ChosenDevice,
  type Device,
  type DeviceChoice,
} from './devices.js';
export { Engine, type DecodingInput, type EngineSettings, type Evaluation, type TrainingStep } from './engine.js';
export { MissingOperatorsError } from './missing-operators.js';
export {
  meanEmbeddings,
  meanLoss,
  perplexityOf,
  targetLosses,
  type MeanEmbeddings,
  type OnExamples,
  type TargetLoss,
} from './evaluation.js';
export { generate, generateSteps, type GenerationSettings, type GenerationStep } from './generation.js';
export { DivergedError, type Divergence } from './diverged-error.js';
export type { BestEvaluation, EarlyStoppingSettings, EarlyStoppingState } from './early-stopping.js';
export type { LearningRateSchedule } from './learning-rate.js';
export {
  trainLocally,
  type LocalTrainingReport,
  type LocalTrainingSettings,
  type StepReport,
} from './local-training.js';
export { candidates, type Candidates, type SamplingSettings } from './sampling.js';
export { lengthBucketedBatches, shuffledBatches } from './training-batches.js';
export { InsufficientMemoryError, trainingMemory, type TrainingLoad, type TrainingMemory } from './training-memory.js';
export { putValues, valuesOf, type TrainingState } from './training-state.js';
