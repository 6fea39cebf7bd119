export type { OnTransfer } from './artifact-store.js';
export { ArtifactStore } from './artifact-store.js';
export type { OldFile } from './collect.js';
export { oldFiles, removeOld } from './collect.js';
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
export { freeBytes, requireReadable, requireRoom } from './storage.js';
