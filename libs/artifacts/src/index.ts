export { ArtifactStore } from './artifact-store.js';
export {
  ArtifactNotStoredError,
  CorruptArtifactError,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
} from './errors.js';
export { folderDigest } from './folder-digest.js';
