/** An artifact's bytes do not have the digest under which they are stored. */
export class CorruptArtifactError extends Error {
  override readonly name = 'CorruptArtifactError';

  constructor(
    readonly digest: string,
    readonly path: string,
    readonly actualDigest: string,
  ) {
    super(`Artifact ${digest} is corrupt: its bytes have the digest ${actualDigest}`);
  }
}

export class MissingArtifactError extends Error {
  override readonly name = 'MissingArtifactError';

  constructor(
    readonly digest: string,
    readonly path: string,
  ) {
    super(`Artifact ${digest} is missing`);
  }
}

/** What lies in an artifact's place is no file of the store's own: it is never read, nor followed. */
export class MisplacedArtifactError extends Error {
  override readonly name = 'MisplacedArtifactError';

  constructor(
    readonly digest: string,
    readonly found: string,
  ) {
    super(`Artifact ${digest} is ${found}; expected a regular file`);
  }
}

/** More bytes than the reader takes; none of them were read. */
export class OversizedArtifactError extends Error {
  override readonly name = 'OversizedArtifactError';

  constructor(
    readonly digest: string,
    readonly bytes: number,
    readonly limit: number,
  ) {
    super(`Artifact ${digest} has ${bytes} bytes; the limit is ${limit}`);
  }
}

/** The store cannot take an artifact: disk full, no permission, no folder, no server. `code` is that of the reason. */
export class ArtifactNotStoredError extends Error {
  override readonly name = 'ArtifactNotStoredError';
  readonly code: string | undefined;

  constructor(
    readonly store: string,
    readonly bytesNeeded: number,
    cause: unknown,
  ) {
    const { code, message } = cause as NodeJS.ErrnoException;
    super(`Artifact store ${store} cannot take ${bytesNeeded} bytes: ${message}`, { cause });
    this.code = code;
  }
}

/** An object store that does not answer, or answers that it cannot now. */
export class StorageAwayError extends Error {
  override readonly name = 'StorageAwayError';
  readonly code = 'STORAGE_AWAY';
}

/** A full disk or quota, what a network file system says while its server is away, and an object store that is. */
const passing = new Set([
  ...['ENOSPC', 'EDQUOT', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'EHOSTUNREACH', 'ENETUNREACH'],
  'STORAGE_AWAY',
]);

/**
 * Whether an error of a store says that storage is short of room, or away: it passes once somebody makes room or
 * the storage is back, and is nothing that the caller did.
 */
export function isStorageAway(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && passing.has(error.code);
}
