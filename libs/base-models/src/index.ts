export {
  ModelFolderError,
  readBaseModel,
  readModel,
  type Model,
  type WeightLocation,
  type WeightType,
} from './model-folder.js';
