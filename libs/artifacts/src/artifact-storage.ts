/** Where artifacts lie: what a place of any kind can do. Digests are computed and checked above it, by the ArtifactStore. */
import type { S3Place } from './s3/s3-place.js';

/** A place as settings name it: plain data, which can be handed to a thread. */
export type ArtifactPlace = { readonly kind: 'folder'; readonly folder: string } | S3Place;

/** An artifact, or what a process left that did not live to name one. */
export interface OldArtifact {
  /** A path, or an object's key. */
  readonly place: string;
  /** Null for a temporary file. */
  readonly digest: string | null;
  readonly bytes: number;
}

/** Bytes in memory, or those of a file. */
export type ArtifactContent = { readonly size: number } & ({ readonly bytes: Uint8Array } | { readonly file: string });

export interface ArtifactStorage {
  /** What people know it by: a folder's path, or `s3://bucket/prefix`. */
  readonly name: string;
  /** Where the artifact lies, or would lie. */
  placeOf(digest: string): string;
  /** The artifact's own file, which may be read in parts and never changed; null where it has none on this machine. */
  fileOf(digest: string): string | null;
  /**
   * Makes an artifact appear, complete or not at all, and count as stored now. Returns false where nothing had to be written:
   * `isWhole` tells whether what lies there already is what it has to be.
   */
  write(digest: string, content: ArtifactContent, isWhole: () => Promise<boolean>): Promise<boolean>;
  /** @throws MissingArtifactError, MisplacedArtifactError, OversizedArtifactError */
  read(digest: string, maximumBytes: number): Promise<Uint8Array>;
  /** The same, piece by piece. */
  stream(digest: string): AsyncIterable<Uint8Array>;
  /** @throws MissingArtifactError */
  size(digest: string): Promise<number>;
  /** What is not there needs no removal. */
  remove(digest: string): Promise<void>;
  /** Those that were stored, and not stored again, since `before`. Others' files are left alone. */
  old(before: Date): Promise<OldArtifact[]>;
  /** False where it was stored again meanwhile, and stays, or is gone. */
  removeOld(old: OldArtifact, before: Date): Promise<boolean>;
  /** @throws where artifacts cannot be read now */
  requireReadable(): Promise<void>;
  /** @throws where artifacts cannot be written now, or less room is left, as far as that can be known */
  requireRoom(leastFreeBytes: number): Promise<void>;
  /** Null where nobody can tell. */
  freeBytes(): Promise<number | null>;
}
