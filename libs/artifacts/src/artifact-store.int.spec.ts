import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ArtifactStore } from './artifact-store.js';
import {
  ArtifactNotStoredError,
  CorruptArtifactError,
  isStorageAway,
  MisplacedArtifactError,
  MissingArtifactError,
  OversizedArtifactError,
} from './errors.js';

const bytes = new TextEncoder().encode('weights');
const digest = createHash('sha256').update(bytes).digest('hex');

describe('the artifact store', () => {
  let folder = '';
  let store = new ArtifactStore('.');
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
    store = new ArtifactStore(folder);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const filesBelow = async (): Promise<string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);

  it('names bytes by their SHA-256 and gives them back', async () => {
    expect(await store.put(bytes)).toBe(digest);
    expect(await store.size(digest)).toBe(bytes.byteLength);
    expect(new Uint8Array(await store.get(digest))).toEqual(bytes);
    expect(store.path(digest)).toBe(join(folder, digest.slice(0, 2), digest.slice(2)));
    expect(new Uint8Array(await readFile(store.path(digest)))).toEqual(bytes);
  });

  it('holds an artifact once when many store it at the same time', async () => {
    const large = new Uint8Array(1_000_000).fill(7);
    const digests = await Promise.all(Array.from({ length: 16 }, () => new ArtifactStore(folder).put(large)));
    expect(new Set(digests).size).toBe(1);
    expect(await filesBelow()).toHaveLength(1);
    expect((await store.get(digests[0] ?? '')).byteLength).toBe(large.byteLength);
  });

  describe('a file', () => {
    let file = '';
    let copy = '';
    const large = new Uint8Array(3_000_000).map((_, index) => index % 251);
    const largeDigest = createHash('sha256').update(large).digest('hex');
    beforeEach(async () => {
      file = join(await mkdtemp(join(tmpdir(), 'files-')), 'model.safetensors');
      copy = `${file}.copy`;
      await writeFile(file, large);
    });
    afterEach(() => rm(dirname(file), { recursive: true }));

    it('is stored once under its digest, and copied out again', async () => {
      expect(await store.putFile(file)).toEqual({ digest: largeDigest, bytes: large.byteLength });
      expect(await store.putFile(file)).toEqual({ digest: largeDigest, bytes: large.byteLength });
      expect(await filesBelow()).toHaveLength(1);
      expect(await store.fetchTo(largeDigest, copy)).toBe(large.byteLength);
      expect(Buffer.compare(await readFile(copy), large)).toBe(0);
      expect(Buffer.compare(await store.get(largeDigest), large)).toBe(0);
    });

    it('that was damaged in the store is not copied, and stored anew', async () => {
      await store.putFile(file);
      await truncate(store.path(largeDigest), 100);
      await expect(store.fetchTo(largeDigest, copy)).rejects.toThrow(CorruptArtifactError);
      await expect(readFile(copy)).rejects.toThrow('ENOENT');
      await store.putFile(file);
      expect(await store.fetchTo(largeDigest, copy)).toBe(large.byteLength);
    });

    it('is refused where it is missing, longer than allowed, or a link', async () => {
      await expect(store.fetchTo(largeDigest, copy)).rejects.toThrow(MissingArtifactError);
      await store.putFile(file);
      await expect(store.fetchTo(largeDigest, copy, 1000)).rejects.toThrow(OversizedArtifactError);
      await rm(store.path(largeDigest));
      await symlink(file, store.path(largeDigest));
      await expect(store.fetchTo(largeDigest, copy)).rejects.toThrow(MisplacedArtifactError);
    });

    it('leaves nothing behind where the store cannot take it', async () => {
      await writeFile(join(folder, largeDigest.slice(0, 2)), 'no folder');
      await expect(store.putFile(file)).rejects.toThrow(ArtifactNotStoredError);
      expect(await filesBelow()).toHaveLength(1);
    });
  });

  it('removes an artifact, also one that is not there', async () => {
    await store.put(bytes);
    await store.remove(digest);
    await store.remove(digest);
    await expect(store.get(digest)).rejects.toThrow(MissingArtifactError);
    expect(await filesBelow()).toEqual([]);
  });

  it('holds an empty artifact', async () => {
    expect((await store.get(await store.put(new Uint8Array(0)))).byteLength).toBe(0);
  });

  it('refuses to give damaged bytes, naming both digests', async () => {
    await store.put(bytes);
    await writeFile(store.path(digest), 'weight');
    const actual = createHash('sha256').update('weight').digest('hex');
    const error: unknown = await store.get(digest).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CorruptArtifactError);
    expect((error as Error).message).toBe(`Artifact ${digest} is corrupt: its bytes have the digest ${actual}`);
    expect(error).toMatchObject({ path: store.path(digest) });
  });

  it('replaces damaged bytes when the artifact is stored again', async () => {
    await store.put(bytes);
    await writeFile(store.path(digest), 'weight');
    await store.put(bytes);
    expect(new Uint8Array(await store.get(digest))).toEqual(bytes);
  });

  it('says which artifact is missing', async () => {
    await expect(store.get(digest)).rejects.toThrow(MissingArtifactError);
    await expect(store.size(digest)).rejects.toThrow(`Artifact ${digest} is missing`);
  });

  it('tells a store that is gone from an artifact that is missing', async () => {
    const gone: unknown = await new ArtifactStore(join(folder, 'gone')).get(digest).catch((reason: unknown) => reason);
    expect(gone).not.toBeInstanceOf(MissingArtifactError);
    expect(gone).toMatchObject({ code: 'ENOENT' });
  });

  it('reads no byte of an artifact above the limit', async () => {
    await store.put(bytes);
    expect((await store.get(digest, bytes.byteLength)).byteLength).toBe(bytes.byteLength);
    await expect(store.get(digest, bytes.byteLength - 1)).rejects.toThrow(OversizedArtifactError);
    await truncate(store.path(digest), 2 ** 40);
    await expect(store.get(digest, 1000)).rejects.toThrow(`Artifact ${digest} has ${2 ** 40} bytes; the limit is 1000`);
  });

  it('may lie behind a link, which its operator made', async () => {
    await symlink(folder, `${folder}-link`);
    const linked = new ArtifactStore(`${folder}-link`);
    await linked.put(bytes);
    expect(new Uint8Array(await linked.get(digest))).toEqual(bytes);
    await rm(`${folder}-link`);
  });

  it('follows no link below its folder, though the bytes there were right, and replaces it', async () => {
    const outside = `${folder}-outside`;
    await writeFile(outside, bytes);
    await mkdir(dirname(store.path(digest)));
    await symlink(outside, store.path(digest));
    await expect(store.get(digest)).rejects.toThrow(MisplacedArtifactError);
    await expect(store.get(digest)).rejects.toThrow(`Artifact ${digest} is a link; expected a regular file`);
    await store.put(bytes);
    expect(new Uint8Array(await store.get(digest))).toEqual(bytes);
    expect((await lstat(store.path(digest))).isFile()).toBe(true);
    await rm(outside);
  });

  it('neither reads nor writes through a link to another folder', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    await writeFile(join(outside, digest.slice(2)), bytes);
    await symlink(outside, dirname(store.path(digest)));
    await expect(store.get(digest)).rejects.toThrow(MisplacedArtifactError);
    await expect(store.put(bytes)).rejects.toThrow(`${digest.slice(0, 2)} is a link out of the store`);
    expect(await readdir(outside)).toEqual([digest.slice(2)]);
    await rm(outside, { recursive: true });
  });

  it('refuses a folder and a pipe in the place of an artifact, without waiting for a writer', async () => {
    const path = store.path(digest);
    await mkdir(path, { recursive: true });
    await expect(store.get(digest)).rejects.toThrow(`Artifact ${digest} is a folder; expected a regular file`);
    await rm(path, { recursive: true });
    execFileSync('mkfifo', [path]);
    await expect(store.get(digest)).rejects.toThrow(`Artifact ${digest} is a pipe or device; expected a regular file`);
  });

  it.each([
    '',
    '../../etc/passwd',
    '/etc/passwd',
    `../${'a'.repeat(61)}`,
    `/${'a'.repeat(63)}`,
    `${'a'.repeat(63)}\u0000`,
    digest.toUpperCase(),
    `${digest}0`,
    `${digest}\n`,
  ])('refuses the digest %j', async (bad) => {
    expect(() => store.path(bad)).toThrow(/is no artifact digest/);
    await expect(store.get(bad)).rejects.toThrow(/is no artifact digest/);
  });

  it('names folder and bytes where the folder cannot be made', async () => {
    await writeFile(join(folder, 'file'), '');
    const blocked = new ArtifactStore(join(folder, 'file'));
    const error: unknown = await blocked.put(bytes).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ArtifactNotStoredError);
    expect(error).toMatchObject({ code: 'ENOTDIR', store: join(folder, 'file'), bytesNeeded: 7 });
    expect((error as Error).message).toContain(`Artifact store ${join(folder, 'file')} cannot take 7 bytes: ENOTDIR`);
  });

  it('tells storage that is full or away from a folder that is wrong', async () => {
    const failed = (code: string): ArtifactNotStoredError =>
      new ArtifactNotStoredError(folder, 7, Object.assign(new Error(code), { code }));
    expect(['ENOSPC', 'EDQUOT', 'ESTALE', 'ETIMEDOUT'].map(failed).every(isStorageAway)).toBe(true);
    expect(['EACCES', 'ENOTDIR', 'EIO', 'EROFS'].map(failed).some(isStorageAway)).toBe(false);
    expect([new Error('ENOSPC'), 'ENOSPC', null].some(isStorageAway)).toBe(false);
  });

  it('leaves nothing behind where the artifact cannot take its name', async () => {
    const blocked = store.path(digest);
    await store.put(new TextEncoder().encode('other'));
    await rm(blocked, { force: true });
    // A folder under the artifact's name lets every step pass but the last one.
    await mkdir(join(blocked, 'occupied'), { recursive: true });
    await expect(store.put(bytes)).rejects.toThrow(ArtifactNotStoredError);
    expect((await filesBelow()).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  // The superuser writes where permissions forbid it.
  (process.getuid?.() === 0 ? it.skip : it)('names folder and bytes where writing is forbidden', async () => {
    await chmod(folder, 0o555);
    await expect(store.put(bytes)).rejects.toMatchObject({ code: 'EACCES', bytesNeeded: 7 });
    await chmod(folder, 0o755);
  });
});
