import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ArtifactStore, folderDigest, MissingArtifactError } from '@fedamole/artifacts';
import { ModelCache, ModelCacheFullError, ModelTooLargeError, type CachedModel } from './model-cache.js';
import { ModelManifestError, publishModel, readManifest } from './model-manifest.js';

let root = '';
let artifacts: ArtifactStore;
let cacheFolder = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'model-cache-'));
  await mkdir(join(root, 'artifacts'));
  artifacts = new ArtifactStore(join(root, 'artifacts'));
  cacheFolder = join(root, 'cache');
});
afterEach(() => rm(root, { recursive: true }));

const BYTES = 1000;
const cacheOf = (maximumBytes = 10 * BYTES, reads = artifacts): ModelCache =>
  new ModelCache({ folder: cacheFolder, maximumBytes, artifacts: reads });

/** A model of so many bytes in two files, one of them in a folder below. */
async function published(name: string, bytes = BYTES): Promise<CachedModel> {
  const folder = join(root, 'models', name);
  await mkdir(join(folder, 'original'), { recursive: true });
  await writeFile(join(folder, 'config.json'), name.padEnd(100));
  await writeFile(join(folder, 'original', 'weights'), name.padEnd(bytes - 100, 'w'));
  const { digest, manifest } = await publishModel(folder, artifacts);
  expect(digest).toBe(await folderDigest(folder));
  return { name, digest, manifest };
}

const cached = async (): Promise<string[]> => (await readdir(cacheFolder)).filter((name) => !name.startsWith('.'));
const hidden = async (): Promise<string[]> => (await readdir(cacheFolder)).filter((name) => name.startsWith('.'));

/** As if it was last used so many minutes ago. */
async function usedBefore({ digest }: CachedModel, minutes: number): Promise<void> {
  const time = new Date(Date.now() - minutes * 60_000);
  await utimes(join(cacheFolder, digest), time, time);
}

async function usedOnce(cache: ModelCache, model: CachedModel): Promise<void> {
  await (await cache.use(model)).release();
}

describe('a published model', () => {
  it('is fetched with the bytes of its folder, once', async () => {
    const model = await published('a');
    let reads = 0;
    const counting = new ArtifactStore(artifacts.name, (direction) => void (direction === 'read' && reads++));
    const cache = cacheOf(10 * BYTES, counting);
    const seen: string[] = [];
    const use = await cache.use(model, (done, total) => void seen.push(`${done}/${total}`));
    expect(await folderDigest(use.folder)).toBe(model.digest);
    expect(seen).toEqual(['0/2', '1/2']);
    const before = reads;
    const again = await cacheOf(10 * BYTES, counting).use(model);
    expect(again.folder).toBe(use.folder);
    expect(reads).toBe(before);
    await Promise.all([use.release(), again.release()]);
    expect(await hidden()).toEqual([]);
  });

  it('is fetched once where many ask for it at the same time', async () => {
    const model = await published('a');
    let bytes = 0;
    const counting = new ArtifactStore(
      artifacts.name,
      (direction, count) => void (bytes += direction === 'read' ? count : 0),
    );
    const uses = await Promise.all(Array.from({ length: 8 }, () => cacheOf(10 * BYTES, counting).use(model)));
    expect(bytes).toBe(BYTES + (await artifacts.size(model.manifest)));
    expect(await cached()).toEqual([model.digest]);
    await Promise.all(uses.map((use) => use.release()));
    expect(await hidden()).toEqual([]);
  });

  it('that is damaged or incomplete in the store is not there, not even in part', async () => {
    const model = await published('a');
    const { files } = await readManifest(artifacts, model.manifest, model.digest);
    const weights = artifacts.path(files.find(({ name }) => name === 'original/weights')?.sha256 ?? '');
    await writeFile(weights, 'w'.repeat(BYTES - 100));
    await expect(cacheOf().use(model)).rejects.toThrow(/is corrupt/);
    await rm(weights);
    await expect(cacheOf().use(model)).rejects.toThrow(MissingArtifactError);
    expect([await cached(), await hidden()]).toEqual([[], []]);
  });

  it('is fetched anew after it was discarded, and after a process died amid fetching it', async () => {
    const model = await published('a');
    await usedOnce(cacheOf(), model);
    await cacheOf().discard(model.digest);
    expect(await cached()).toEqual([]);
    await mkdir(join(cacheFolder, '.partial.tmp', 'original'), { recursive: true });
    await mkdir(join(cacheFolder, '.fetching'));
    const longAgo = new Date(Date.now() - 600_000);
    await utimes(join(cacheFolder, '.fetching'), longAgo, longAgo);
    await usedOnce(cacheOf(), model);
    expect([await cached(), await hidden()]).toEqual([[model.digest], []]);
  });
});

describe('a cache of models', () => {
  it('makes room for a model by those that were used the longest ago', async () => {
    const [a, b, c, d] = [
      await published('a'),
      await published('b'),
      await published('c'),
      await published('d', 2 * BYTES),
    ];
    const cache = cacheOf(3 * BYTES);
    for (const model of [a, b, c]) await usedOnce(cache, model);
    await usedBefore(a, 3);
    await usedBefore(b, 2);
    await usedBefore(c, 1);
    await usedOnce(cache, a);
    await usedOnce(cache, d);
    expect(new Set(await cached())).toEqual(new Set([a.digest, d.digest]));
  });

  it('never removes a model in use, and says so where nothing else is left', async () => {
    const [a, b, c] = [await published('a'), await published('b'), await published('c')];
    const use = await cacheOf(2 * BYTES).use(a);
    await usedOnce(cacheOf(2 * BYTES), b);
    await usedBefore(a, 60);
    await usedOnce(cacheOf(2 * BYTES), c);
    expect(new Set(await cached())).toEqual(new Set([a.digest, c.digest]));
    const other = await cacheOf(2 * BYTES).use(c);
    await expect(cacheOf(2 * BYTES).use(b)).rejects.toThrow(ModelCacheFullError);
    await expect(cacheOf(2 * BYTES).use(b)).rejects.toThrow(
      'base model b has 1000 bytes; beside models in use the cache has room for 0 (MODELS_CACHE_MIB)',
    );
    expect(await readFile(join(use.folder, 'config.json'), 'utf8')).toBe('a'.padEnd(100));
    await other.release();
    await usedOnce(cacheOf(2 * BYTES), b);
    expect(new Set(await cached())).toEqual(new Set([a.digest, b.digest]));
    await use.release();
  });

  it('counts a use as over whose process has given no sign of life for long', async () => {
    const [a, b] = [await published('a'), await published('b')];
    const use = await cacheOf(BYTES).use(a);
    const [note] = await hidden();
    const longAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(cacheFolder, note ?? ''), longAgo, longAgo);
    await usedOnce(cacheOf(BYTES), b);
    expect(await cached()).toEqual([b.digest]);
    await use.release();
  });

  it('refuses a model that is larger than itself, before anything is removed', async () => {
    const [a, large] = [await published('a'), await published('large', 5 * BYTES)];
    await usedOnce(cacheOf(4 * BYTES), a);
    await expect(cacheOf(4 * BYTES).use(large)).rejects.toThrow(
      new ModelTooLargeError(
        'base model large has 5000 bytes; the cache of models holds at most 4000 (MODELS_CACHE_MIB)',
      ),
    );
    expect(await cached()).toEqual([a.digest]);
    expect((await stat(join(cacheFolder, a.digest))).isDirectory()).toBe(true);
  });
});

describe('a manifest', () => {
  const storeManifest = (files: unknown): Promise<string> =>
    artifacts.put(new TextEncoder().encode(JSON.stringify({ files })));
  const file = { name: 'config.json', bytes: 1, sha256: 'a'.repeat(64) };

  it.each<[string, unknown]>([
    ['../config.json', [{ ...file, name: '../config.json' }]],
    ['/etc/passwd', [{ ...file, name: '/etc/passwd' }]],
    ['a/../../b', [{ ...file, name: 'a/../../b' }]],
    ['a hidden file', [{ ...file, name: '.ssh/key' }]],
    ['a backslash', [{ ...file, name: 'a\\b' }]],
    ['a name twice', [file, file]],
    ['no file', []],
    ['a negative size', [{ ...file, bytes: -1 }]],
    ['a digest in capitals', [{ ...file, sha256: 'A'.repeat(64) }]],
    ['no list', 'files'],
  ])('is refused with %s', async (_name, files) => {
    const manifest = await storeManifest(files);
    await expect(readManifest(artifacts, manifest, 'b'.repeat(64))).rejects.toThrow(ModelManifestError);
    await expect(readManifest(artifacts, manifest, 'b'.repeat(64))).rejects.toThrow(
      `manifest ${manifest} is malformed: `,
    );
  });

  it('is refused where it is no JSON, or of another model', async () => {
    const model = await published('a');
    await expect(readManifest(artifacts, model.manifest, 'b'.repeat(64))).rejects.toThrow(
      `manifest ${model.manifest} is of the model with digest ${model.digest}, not of ${'b'.repeat(64)}`,
    );
    const text = await artifacts.put(new TextEncoder().encode('{"files": ['));
    await expect(readManifest(artifacts, text, model.digest)).rejects.toThrow(ModelManifestError);
  });
});
