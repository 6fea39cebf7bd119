export { holdWeights, weightForms, type HoldOptions, type QuantizedLocation, type WeightForm } from './held-weights.js';
export type { WeightLocation } from './locations.js';
export {
  ModelCache,
  ModelCacheFullError,
  ModelTooLargeError,
  type CachedModel,
  type ModelCacheOptions,
  type ModelUse,
  type OnFile,
} from './model-cache.js';
export {
  ModelManifestError,
  publishModel,
  readManifest,
  type ModelManifest,
  type PublishedModel,
} from './model-manifest.js';
export { ModelFolderError, readBaseModel, readModel, type Model, type ModelOptions } from './model-folder.js';
