/** Artifacts on a folder, of this machine's disk or a network's file system. */
import { mkdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { ArtifactContent, ArtifactStorage, OldArtifact } from '../artifact-storage.js';
import { MissingArtifactError } from '../errors.js';
import { oldFiles, removeOldFile, renewed } from './collect.js';
import { isMissing, readArtifact, streamArtifact } from './read-artifact.js';
import { freeBytes, requireReadable, requireRoom } from './room.js';
import { flushed, writeFlushed } from './write-flushed.js';

export class FolderStorage implements ArtifactStorage {
  readonly name: string;

  constructor(folder: string) {
    this.name = resolve(folder);
  }

  /** Folders of the first two digits keep every folder small. */
  placeOf(digest: string): string {
    return join(this.name, digest.slice(0, 2), digest.slice(2));
  }

  fileOf(digest: string): string {
    return this.placeOf(digest);
  }

  /** The name is given last, and the folder's entry flushed too, so that a crash leaves no half-written artifact. */
  async write(digest: string, content: ArtifactContent, isWhole: () => Promise<boolean>): Promise<boolean> {
    const path = this.placeOf(digest);
    if ((await isWhole()) && (await renewed(path))) return false;
    const folder = dirname(path);
    const created = await mkdir(folder, { recursive: true });
    if ((await realpath(folder)) !== join(await realpath(this.name), basename(folder))) {
      throw new Error(`${basename(folder)} is a link out of the store`);
    }
    if (created !== undefined) await flushed(dirname(created));
    await writeFlushed(folder, content, (temporary) => rename(temporary, path));
    await flushed(folder);
    return true;
  }

  read(digest: string, maximumBytes: number): Promise<Uint8Array> {
    return readArtifact(this.name, digest, maximumBytes);
  }

  stream(digest: string): AsyncIterable<Uint8Array> {
    return streamArtifact(this.name, digest);
  }

  async size(digest: string): Promise<number> {
    const path = this.placeOf(digest);
    try {
      return (await stat(path)).size;
    } catch (error) {
      if (isMissing(error)) throw new MissingArtifactError(digest, path);
      throw error;
    }
  }

  remove(digest: string): Promise<void> {
    return rm(this.placeOf(digest), { force: true });
  }

  old(before: Date): Promise<OldArtifact[]> {
    return oldFiles(this.name, before);
  }

  removeOld({ place }: OldArtifact, before: Date): Promise<boolean> {
    return removeOldFile(place, before);
  }

  requireReadable(): Promise<void> {
    return requireReadable(this.name);
  }

  requireRoom(leastFreeBytes: number): Promise<void> {
    return requireRoom(this.name, leastFreeBytes);
  }

  freeBytes(): Promise<number> {
    return freeBytes(this.name);
  }
}
