import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { renewed } from './collect.js';
import {
  ArtifactNotStoredError,
  CorruptArtifactError,
  MisplacedArtifactError,
  MissingArtifactError,
} from './errors.js';
import { copyHashed, fileDigest, newFile } from './large-files.js';
import { isMissing, openArtifact, readArtifact } from './read-artifact.js';

const digestPattern = /^[0-9a-f]{64}$/;

/** Told of the bytes that were read from a store, or written to it. */
export type OnTransfer = (direction: 'read' | 'written', bytes: number) => void;

/**
 * Artifacts on a folder that any number of processes may share, named by the SHA-256 of their bytes. A file appears under
 * its name complete and on the disk, or not at all; it is never changed, and every read is checked against its name.
 */
export class ArtifactStore {
  readonly folder: string;

  constructor(
    folder: string,
    private readonly onTransfer: OnTransfer = () => undefined,
  ) {
    this.folder = resolve(folder);
  }

  /**
   * Stores bytes and returns their digest. Storing them again, also at the same time, changes nothing; a file that was
   * damaged meanwhile is replaced.
   *
   * @throws ArtifactNotStoredError naming the folder and the bytes needed; nothing is left behind then
   */
  async put(bytes: Uint8Array): Promise<string> {
    const digest = sha256(bytes);
    const path = this.path(digest);
    try {
      if ((await this.holds(digest)) && (await renewed(path))) return digest;
      await writeDurably(this.folder, path, (file) => file.writeFile(bytes));
      this.onTransfer('written', bytes.byteLength);
    } catch (error) {
      throw new ArtifactNotStoredError(this.folder, bytes.byteLength, error);
    }
    return digest;
  }

  /**
   * Stores a file of any size, which is read twice: as `put` otherwise.
   *
   * @throws ArtifactNotStoredError; the file system's own error where the file cannot be read
   */
  async putFile(file: string): Promise<{ digest: string; bytes: number }> {
    const known = await fileDigest(file);
    const path = this.path(known.digest);
    const source = await open(file, 'r');
    try {
      if ((await this.holdsFile(known.digest)) && (await renewed(path))) return known;
      await writeDurably(this.folder, path, async (target) => {
        const copied = await copyHashed(source, target);
        if (copied.digest !== known.digest) throw new Error(`${file} was changed while it was read`);
      });
      this.onTransfer('written', known.bytes);
    } catch (error) {
      throw new ArtifactNotStoredError(this.folder, known.bytes, error);
    } finally {
      await source.close();
    }
    return known;
  }

  /**
   * Copies an artifact of any size to a file that is not there yet; it is on the disk then, and its bytes have the digest. Nothing
   * is left of it where that fails. Returns its bytes.
   *
   * @throws as `get`, with the same limit; the file system's own error where the file cannot be written
   */
  async copyTo(file: string, digest: string, maximumBytes: number = Number.MAX_SAFE_INTEGER): Promise<number> {
    const source = await openArtifact(this.folder, digest, maximumBytes);
    try {
      return await newFile(file, async (target) => {
        const copied = await copyHashed(source, target);
        this.onTransfer('read', copied.bytes);
        if (copied.digest !== digest) throw new CorruptArtifactError(digest, this.path(digest), copied.digest);
        return copied.bytes;
      });
    } finally {
      await source.close();
    }
  }

  /**
   * The artifact's bytes, checked against its digest.
   *
   * @throws MissingArtifactError; MisplacedArtifactError where a link or a folder lies in its place; OversizedArtifactError where it
   *   has more than `maximumBytes`; CorruptArtifactError where the bytes do not have the digest
   */
  async get(digest: string, maximumBytes: number = Number.MAX_SAFE_INTEGER): Promise<Uint8Array> {
    const path = this.path(digest);
    const bytes = await readArtifact(this.folder, digest, maximumBytes);
    this.onTransfer('read', bytes.byteLength);
    const actual = sha256(bytes);
    if (actual !== digest) throw new CorruptArtifactError(digest, path, actual);
    return bytes;
  }

  /** Removes what nobody names any more; what is not there needs no removal. */
  async remove(digest: string): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  /** Bytes of the artifact. @throws MissingArtifactError */
  async size(digest: string): Promise<number> {
    const path = this.path(digest);
    const size = await sizeOf(path);
    if (size === undefined) throw new MissingArtifactError(digest, path);
    return size;
  }

  /** Where the artifact lies or would lie. Folders of the first two digits keep every folder small. */
  path(digest: string): string {
    if (!digestPattern.test(digest)) {
      throw new TypeError(`"${digest}" is no artifact digest: use 64 lower-case hexadecimal digits (SHA-256)`);
    }
    return join(this.folder, digest.slice(0, 2), digest.slice(2));
  }

  private async holds(digest: string): Promise<boolean> {
    try {
      await this.get(digest);
      return true;
    } catch (error) {
      if (isReplaceable(error)) return false;
      throw error;
    }
  }

  private async holdsFile(digest: string): Promise<boolean> {
    try {
      await (await openArtifact(this.folder, digest, Number.MAX_SAFE_INTEGER)).close();
      return (await fileDigest(this.path(digest))).digest === digest;
    } catch (error) {
      if (isReplaceable(error)) return false;
      throw error;
    }
  }
}

const replaceable = [CorruptArtifactError, MisplacedArtifactError, MissingArtifactError];

const isReplaceable = (error: unknown): boolean =>
  isMissing(error) || replaceable.some((kind) => error instanceof kind);

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The name is given last, and the folder's entry flushed too, so that a crash leaves no half-written artifact. */
async function writeDurably(root: string, path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const folder = dirname(path);
  const created = await mkdir(folder, { recursive: true });
  if ((await realpath(folder)) !== join(await realpath(root), basename(folder))) {
    throw new Error(`${basename(folder)} is a link out of the store`);
  }
  if (created !== undefined) await flushed(dirname(created));
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    await newFile(temporary, write);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await flushed(folder);
}

async function flushed(folder: string): Promise<void> {
  const file = await open(folder, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
