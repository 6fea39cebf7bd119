/** Errors that trying again would not change: wrong data, a wrong model or device, a corrupt artifact, training that diverges. */
import { AdapterFileError } from '@fedamole/adapters';
import { CorruptArtifactError, isStorageAway } from '@fedamole/artifacts';
import { ModelCacheFullError, ModelFolderError, ModelManifestError, ModelTooLargeError } from '@fedamole/base-models';
import { DatasetError } from '@fedamole/datasets';
import { UnsupportedModelError } from '@fedamole/models';
import { SafetensorsError } from '@fedamole/safetensors';
import { DivergedError, MissingOperatorsError } from '@fedamole/training';
import { HandedBackError } from './ending.js';
import type { FailureKind } from './messages.js';

/** Thrown where a job asks a trainer for something that it cannot do. */
export class UnsuitableJobError extends Error {
  override readonly name = 'UnsuitableJobError';
}

const permanent = [
  AdapterFileError,
  CorruptArtifactError,
  DatasetError,
  DivergedError,
  MissingOperatorsError,
  ModelFolderError,
  ModelManifestError,
  ModelTooLargeError,
  SafetensorsError,
  UnsuitableJobError,
  UnsupportedModelError,
];

export function failureKind(error: unknown): FailureKind {
  if (error instanceof HandedBackError) return 'handed-back';
  if (isStorageAway(error) || error instanceof ModelCacheFullError) return 'storage-away';
  return permanent.some((kind) => error instanceof kind) ? 'permanent' : 'passing';
}
