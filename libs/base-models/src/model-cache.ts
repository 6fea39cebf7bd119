/**
 * Base models that were fetched from the artifact store: folders of bounded size together, which trainers of one machine may
 * share. A model appears complete and checked, or not at all. Where room is needed, those that were used the longest ago go
 * first, and none that a job uses.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactStore } from '@fedamole/artifacts';
import { codeOf, locked } from './folder-lock.js';
import { readManifest } from './model-manifest.js';

/** Milliseconds between two signs of life of a use, and after which it counts as over: a step may block a process for long. */
const renewal = 60_000;
const over = 900_000;

/** Thrown where a model is larger than the whole cache may be. */
export class ModelTooLargeError extends Error {
  override readonly name = 'ModelTooLargeError';
}

/** Thrown where a model does not fit beside those that are in use; it will once one of them is not. */
export class ModelCacheFullError extends Error {
  override readonly name = 'ModelCacheFullError';
}

export interface CachedModel {
  readonly name: string;
  /** Of the model's folder. */
  readonly digest: string;
  readonly manifest: string;
}

export interface ModelCacheOptions {
  readonly folder: string;
  readonly maximumBytes: number;
  readonly artifacts: ArtifactStore;
}

/** A model's folder, which stays as it is until `release`. */
export interface ModelUse {
  readonly folder: string;
  release(): Promise<void>;
}

/** Called as a model is fetched, by files; may throw to stop. */
export type OnFile = (done: number, total: number) => void;

export class ModelCache {
  constructor(private readonly options: ModelCacheOptions) {}

  /**
   * The model's folder, fetched first where it is not there.
   *
   * @throws ModelTooLargeError, ModelCacheFullError, ModelManifestError; as the artifact store where a file cannot be had
   */
  async use(model: CachedModel, onFile: OnFile = () => undefined): Promise<ModelUse> {
    await mkdir(this.options.folder, { recursive: true, mode: 0o700 });
    const known = await this.useIfThere(model.digest);
    if (known !== null) return known;
    return locked(
      this.place('.fetching'),
      async () => {
        // another one fetched it meanwhile
        const there = await this.useIfThere(model.digest);
        if (there !== null) return there;
        await this.fetch(model, onFile);
        const fetched = await this.useIfThere(model.digest);
        if (fetched === null) throw new Error(`${this.place(model.digest)} was removed while it was made`);
        return fetched;
      },
      () => onFile(0, 0),
    );
  }

  /** Removes a model whose files are not what they were. */
  async discard(digest: string): Promise<void> {
    await this.alone(() => this.remove(digest));
  }

  /** Uses are noted, and models removed, by one process at a time: so that none is removed that has just been found. */
  private useIfThere(digest: string): Promise<ModelUse | null> {
    return this.alone(async () => {
      const folder = this.place(digest);
      try {
        await utimes(folder, new Date(), new Date());
      } catch (error) {
        if (codeOf(error) === 'ENOENT') return null;
        throw error;
      }
      const note = this.place(`.${digest}.${randomUUID()}.use`);
      await writeFile(note, '');
      const timer = setInterval(() => void utimes(note, new Date(), new Date()).catch(() => undefined), renewal);
      timer.unref();
      return {
        folder,
        async release() {
          clearInterval(timer);
          await rm(note, { force: true });
        },
      };
    });
  }

  /** Into a folder aside, whose name is given last; whoever holds the lock is the only one that has such a folder. */
  private async fetch({ name, digest, manifest }: CachedModel, onFile: OnFile): Promise<void> {
    const { artifacts, maximumBytes } = this.options;
    const { files } = await readManifest(artifacts, manifest, digest);
    const needed = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (needed > maximumBytes) {
      throw new ModelTooLargeError(
        `base model ${name} has ${needed} bytes; the cache of models holds at most ${maximumBytes} (MODELS_CACHE_MIB)`,
      );
    }
    await this.removeLeftovers();
    await this.makeRoom(name, needed);
    const partial = this.place(`.${randomUUID()}.tmp`);
    try {
      const folders = new Set([partial]);
      for (const [index, { name: file, bytes, sha256 }] of files.entries()) {
        onFile(index, files.length);
        const path = join(partial, file);
        await mkdir(dirname(path), { recursive: true });
        folders.add(dirname(path));
        const copied = await artifacts.fetchTo(sha256, path, bytes);
        if (copied !== bytes) throw new Error(`${file} of base model ${name} has ${copied} bytes, not ${bytes}`);
      }
      for (const folder of folders) await synced(folder);
      await rename(partial, this.place(digest));
      await synced(this.options.folder);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
  }

  private async removeLeftovers(): Promise<void> {
    for (const entry of await readdir(this.options.folder))
      if (/^\..*\.tmp$/.test(entry)) await rm(this.place(entry), { recursive: true, force: true });
  }

  private async makeRoom(name: string, needed: number): Promise<void> {
    await this.alone(async () => {
      const inUse = await this.digestsInUse();
      const models = await this.models();
      let room = this.options.maximumBytes - models.reduce((sum, { bytes }) => sum + bytes, 0);
      for (const { digest, bytes } of models.sort((left, right) => left.usedAt - right.usedAt)) {
        if (room >= needed) return;
        if (inUse.has(digest)) continue;
        await this.remove(digest);
        room += bytes;
      }
      if (room >= needed) return;
      throw new ModelCacheFullError(
        `base model ${name} has ${needed} bytes; beside models in use the cache has room for ${room} (MODELS_CACHE_MIB)`,
      );
    });
  }

  private async models(): Promise<{ digest: string; bytes: number; usedAt: number }[]> {
    const digests = (await readdir(this.options.folder)).filter((entry) => /^[0-9a-f]{64}$/.test(entry));
    return Promise.all(
      digests.map(async (digest) => {
        const { mtimeMs } = await stat(this.place(digest));
        return { digest, bytes: await bytesBelow(this.place(digest)), usedAt: mtimeMs };
      }),
    );
  }

  private async digestsInUse(): Promise<Set<string>> {
    const inUse = new Set<string>();
    for (const entry of await readdir(this.options.folder)) {
      const digest = /^\.([0-9a-f]{64})\..*\.use$/.exec(entry)?.[1];
      if (digest === undefined) continue;
      const seen = await stat(this.place(entry)).catch(() => null);
      if (seen === null) continue;
      if (Date.now() - seen.mtimeMs < over) inUse.add(digest);
      else await rm(this.place(entry), { force: true });
    }
    return inUse;
  }

  /** The name goes first: a model is never there in part. */
  private async remove(digest: string): Promise<void> {
    const aside = this.place(`.${randomUUID()}.tmp`);
    try {
      await rename(this.place(digest), aside);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return;
      throw error;
    }
    await rm(aside, { recursive: true, force: true });
  }

  private alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return locked(this.place('.changing'), work);
  }

  private place(name: string): string {
    return join(this.options.folder, name);
  }
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(entry.parentPath, entry.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

async function synced(folder: string): Promise<void> {
  const opened = await open(folder, 'r');
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}
