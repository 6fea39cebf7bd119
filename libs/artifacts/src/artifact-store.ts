import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ArtifactContent, ArtifactStorage, OldArtifact } from './artifact-storage.js';
import {
  ArtifactNotStoredError,
  CorruptArtifactError,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
} from './errors.js';
import { FolderStorage } from './folder/folder-storage.js';
import { isMissing } from './folder/read-artifact.js';
import { fileDigest } from './file-digest.js';

const digestPattern = /^[0-9a-f]{64}$/;

/** Told of an artifact's bytes that were read from a store, or written to it, and of how long that took. */
export type OnTransfer = (direction: 'read' | 'written', bytes: number, milliseconds: number) => void;

/** Artifacts as files that may be read in parts. `close` removes those that had to be fetched. */
export interface LocalArtifacts {
  path(digest: string): Promise<string>;
  /** What is read in parts could not be checked: afterwards, this says whether it still is what it was. */
  requireUnchanged(digest: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Artifacts, named by the SHA-256 of their bytes, in a place that any number of processes may share. One appears under its
 * name complete, or not at all; it is never changed, and every read is checked against its name.
 */
export class ArtifactStore {
  private readonly storage: ArtifactStorage;

  /** A path is a folder's; `openArtifacts` opens any other place. */
  constructor(
    storage: ArtifactStorage | string,
    private readonly onTransfer: OnTransfer = () => undefined,
  ) {
    this.storage = typeof storage === 'string' ? new FolderStorage(storage) : storage;
  }

  /** What people know it by. */
  get name(): string {
    return this.storage.name;
  }

  /**
   * Stores bytes and returns their digest. Storing them again, also at the same time, changes nothing; what was damaged
   * meanwhile is replaced.
   *
   * @throws ArtifactNotStoredError naming the place and the bytes needed; nothing is left behind then
   */
  async put(bytes: Uint8Array): Promise<string> {
    return this.store(sha256(bytes), { bytes, size: bytes.byteLength });
  }

  /** As `put`, of a file that need not fit memory. The file must not change meanwhile. */
  async putFile(file: string): Promise<{ digest: string; bytes: number }> {
    const { digest, bytes } = await fileDigest(file);
    await this.store(digest, { file, size: bytes });
    return { digest, bytes };
  }

  /**
   * The artifact's bytes, checked against its digest.
   *
   * @throws MissingArtifactError; MisplacedArtifactError where a link or a folder lies in its place; OversizedArtifactError where it
   *   has more than `maximumBytes`; CorruptArtifactError where the bytes do not have the digest
   */
  async get(digest: string, maximumBytes: number = Number.MAX_SAFE_INTEGER): Promise<Uint8Array> {
    const place = this.path(digest);
    const told = this.timed('read');
    const bytes = await this.storage.read(digest, maximumBytes);
    told(bytes.byteLength);
    const actual = sha256(bytes);
    if (actual !== digest) throw new CorruptArtifactError(digest, place, actual);
    return bytes;
  }

  /**
   * Writes the artifact to a file, piece by piece; the file has that name only once it is whole, checked and on the disk. Returns
   * its bytes.
   *
   * @throws as `get`, with the same limit; the file system's own error where the file cannot be written
   */
  async fetchTo(digest: string, file: string, maximumBytes: number = Number.MAX_SAFE_INTEGER): Promise<number> {
    const place = this.path(digest);
    const size = await this.storage.size(digest);
    if (size > maximumBytes) throw new OversizedArtifactError(digest, size, maximumBytes);
    const part = `${file}.${randomUUID()}.part`;
    const pieces = this.hashed(digest);
    async function* checked(): AsyncGenerator<Uint8Array> {
      const actual = yield* pieces;
      if (actual !== digest) throw new CorruptArtifactError(digest, place, actual);
    }
    try {
      await pipeline(checked, createWriteStream(part, { flags: 'wx', flush: true }));
      await rename(part, file);
      return size;
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  /** What lies on this machine is read where it lies; everything else is fetched to a folder of its own, and checked. */
  localArtifacts(): LocalArtifacts {
    let folder: Promise<string> | null = null;
    return {
      path: async (digest) => {
        this.path(digest);
        const own = this.storage.fileOf(digest);
        if (own !== null) return own;
        folder ??= mkdtemp(join(tmpdir(), 'fedamole-artifacts-'));
        const file = join(await folder, digest);
        await this.fetchTo(digest, file);
        return file;
      },
      requireUnchanged: async (digest) => {
        // nobody else writes to what was fetched, which was checked then
        if (this.storage.fileOf(digest) !== null) await this.get(digest);
      },
      close: async () => {
        if (folder !== null) await rm(await folder, { recursive: true, force: true });
      },
    };
  }

  /** Removes what nobody names any more; what is not there needs no removal. */
  async remove(digest: string): Promise<void> {
    this.path(digest);
    await this.storage.remove(digest);
  }

  /** Bytes of the artifact. @throws MissingArtifactError */
  async size(digest: string): Promise<number> {
    this.path(digest);
    return this.storage.size(digest);
  }

  /** Where the artifact lies or would lie: a path, or an object's address. */
  path(digest: string): string {
    if (!digestPattern.test(digest)) {
      throw new TypeError(`"${digest}" is no artifact digest: use 64 lower-case hexadecimal digits (SHA-256)`);
    }
    return this.storage.placeOf(digest);
  }

  /** Artifacts and temporary files that were stored, and not stored again, since `before`; other files are left alone. */
  old(before: Date): Promise<OldArtifact[]> {
    return this.storage.old(before);
  }

  /** Removes it unless it was stored again meanwhile; false where it was, or is gone. */
  removeOld(old: OldArtifact, before: Date): Promise<boolean> {
    return this.storage.removeOld(old, before);
  }

  /** @throws where artifacts cannot be read now */
  requireReadable(): Promise<void> {
    return this.storage.requireReadable();
  }

  /** @throws where artifacts cannot be written now, or fewer bytes are free, as far as that can be known */
  requireRoom(leastFreeBytes: number): Promise<void> {
    return this.storage.requireRoom(leastFreeBytes);
  }

  /** Null where nobody can tell. */
  freeBytes(): Promise<number | null> {
    return this.storage.freeBytes();
  }

  private async store(digest: string, content: ArtifactContent): Promise<string> {
    try {
      const told = this.timed('written');
      if (await this.storage.write(digest, content, () => this.holds(digest))) told(content.size);
      return digest;
    } catch (error) {
      throw new ArtifactNotStoredError(this.storage.name, content.size, error);
    }
  }

  private timed(direction: 'read' | 'written'): (bytes: number) => void {
    const started = performance.now();
    return (bytes) => this.onTransfer(direction, bytes, performance.now() - started);
  }

  /** The artifact's pieces; returns the digest that they have. */
  private async *hashed(digest: string): AsyncGenerator<Uint8Array, string, void> {
    const hash = createHash('sha256');
    const told = this.timed('read');
    let bytes = 0;
    for await (const piece of this.storage.stream(digest)) {
      hash.update(piece);
      bytes += piece.byteLength;
      yield piece;
    }
    told(bytes);
    return hash.digest('hex');
  }

  private async holds(digest: string): Promise<boolean> {
    try {
      const pieces = this.hashed(digest);
      let next = await pieces.next();
      while (!next.done) next = await pieces.next();
      return next.value === digest;
    } catch (error) {
      const replaceable = [MisplacedArtifactError, MissingArtifactError];
      if (isMissing(error) || replaceable.some((kind) => error instanceof kind)) return false;
      throw error;
    }
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
