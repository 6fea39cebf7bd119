export { ArtifactStore } from './artifact-store.js';
export { ArtifactNotStoredError, CorruptArtifactError, isStorageAway, MissingArtifactError } from './errors.js';
export { folderDigest } from './folder-digest.js';
