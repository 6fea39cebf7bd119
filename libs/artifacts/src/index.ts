export { ArtifactStore } from './artifact-store.js';
export { ArtifactNotStoredError, CorruptArtifactError, MissingArtifactError } from './errors.js';
export { folderDigest } from './folder-digest.js';
