export type { AdapterKind } from './adapter-kind.js';
export { Adam, type AdamSettings } from './adam.js';
export { makeBatch, type Batch, type Sequence } from './batch.js';
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
export { meanEmbeddings, meanLoss, type MeanEmbeddings } from './evaluation.js';
export { generateGreedily, type GenerationSettings } from './generation.js';
export { MissingOperatorsError } from './missing-operators.js';
export {
  DivergedError,
  shuffledBatches,
  trainLocally,
  type LocalTrainingReport,
  type LocalTrainingSettings,
  type StepReport,
} from './local-training.js';
