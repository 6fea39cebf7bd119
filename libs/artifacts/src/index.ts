export type { ArtifactPlace, OldArtifact } from './artifact-storage.js';
export type { LocalArtifacts, OnTransfer } from './artifact-store.js';
export { ArtifactStore } from './artifact-store.js';
export {
  ArtifactNotStoredError,
  CorruptArtifactError,
  isStorageAway,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
} from './errors.js';
export type { FolderFile } from './folder-digest.js';
export { digestOfFiles, folderDigest, folderFiles } from './folder-digest.js';
export { openArtifacts } from './open-artifacts.js';
export type { S3Place } from './s3/s3-place.js';
