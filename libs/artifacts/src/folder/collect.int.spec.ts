import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ArtifactStore } from '../artifact-store.js';

let folder = '';
let store: ArtifactStore;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const longAgo = new Date('2020-01-01');
const before = new Date('2021-01-01');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'collect-'));
  store = new ArtifactStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

async function stored(text: string, at: Date | null): Promise<string> {
  const digest = await store.put(bytesOf(text));
  if (at) await utimes(store.path(digest), at, at);
  return digest;
}

describe('collecting artifacts', () => {
  it('finds old artifacts and old temporary files, and leaves everything else alone', async () => {
    const old = await stored('old', longAgo);
    await stored('new', null);
    const temporary = join(dirname(store.path(old)), '.killed.tmp');
    const others = [join(folder, 'notes.txt'), join(dirname(store.path(old)), 'notes.txt')];
    for (const path of [temporary, ...others]) {
      await writeFile(path, 'half');
      await utimes(path, longAgo, longAgo);
    }
    const found = await store.old(before);
    expect(found.map(({ digest, bytes }) => ({ digest, bytes }))).toEqual(
      expect.arrayContaining([
        { digest: old, bytes: 3 },
        { digest: null, bytes: 4 },
      ]),
    );
    expect(found).toHaveLength(2);
    for (const file of found) expect(await store.removeOld(file, before)).toBe(true);
    expect([store.path(old), temporary].some(existsSync)).toBe(false);
    expect(others.every(existsSync)).toBe(true);
    expect(await store.old(before)).toEqual([]);
  });

  it('keeps a file that is stored again meanwhile', async () => {
    const digest = await stored('again', longAgo);
    const [file] = await store.old(before);
    if (!file) throw new Error('nothing was found');
    await store.put(bytesOf('again'));
    expect(await store.removeOld(file, before)).toBe(false);
    expect(await store.get(digest)).toEqual(Buffer.from('again'));
    expect(await store.old(before)).toEqual([]);
  });

  it('passes over a file that is gone, and writes it anew when it is stored again', async () => {
    const digest = await stored('gone', longAgo);
    const [file] = await store.old(before);
    if (!file) throw new Error('nothing was found');
    expect(await store.removeOld(file, before)).toBe(true);
    expect(await store.removeOld(file, before)).toBe(false);
    expect(await store.put(bytesOf('gone'))).toBe(digest);
    expect(await store.size(digest)).toBe(4);
  });

  it('follows no link out of the folder', async () => {
    const outside = await mkdtemp(join(tmpdir(), 'outside-'));
    const name = 'a'.repeat(62);
    await writeFile(join(outside, name), 'precious');
    await utimes(join(outside, name), longAgo, longAgo);
    await symlink(outside, join(folder, 'aa'));
    await mkdir(join(folder, 'bb'));
    await symlink(join(outside, name), join(folder, 'bb', name));
    expect(await store.old(before)).toEqual([]);
    await rm(outside, { recursive: true });
  });
});
