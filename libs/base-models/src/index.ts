export { holdWeights, weightForms, type HoldOptions, type QuantizedLocation, type WeightForm } from './held-weights.js';
export type { WeightLocation } from './locations.js';
export { ModelFolderError, readBaseModel, readModel, type Model, type ModelOptions } from './model-folder.js';
