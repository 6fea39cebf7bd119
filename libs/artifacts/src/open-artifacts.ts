import type { ArtifactPlace, ArtifactStorage } from './artifact-storage.js';
import { ArtifactStore, type OnTransfer } from './artifact-store.js';
import { FolderStorage } from './folder/folder-storage.js';

/** Opens the place that settings name; nothing is asked of it yet. Amazon's client is loaded by those alone who need it. */
export async function openArtifacts(place: ArtifactPlace, onTransfer?: OnTransfer): Promise<ArtifactStore> {
  return new ArtifactStore(await storageOf(place), onTransfer);
}

async function storageOf(place: ArtifactPlace): Promise<ArtifactStorage> {
  if (place.kind === 'folder') return new FolderStorage(place.folder);
  const { S3Storage } = await import('./s3/s3-storage.js');
  return new S3Storage(place);
}
