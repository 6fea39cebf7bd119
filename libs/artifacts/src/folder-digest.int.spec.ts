import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { folderDigest } from './folder-digest.js';

describe('the digest of a folder', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder-digest-'));
    await mkdir(join(folder, 'model', 'nested'), { recursive: true });
    await writeFile(join(folder, 'model', 'config.json'), '{}');
    await writeFile(join(folder, 'model', 'Zeta.bin'), 'z');
    await writeFile(join(folder, 'model', '\u00e9.txt'), 'e');
    await writeFile(join(folder, 'model', 'nested', 'weights.bin'), new Uint8Array(3_000_000));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is what find, sort and sha256sum compute', async () => {
    const script = "find -L . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum";
    const expected = execFileSync('bash', ['-c', script], { cwd: join(folder, 'model'), encoding: 'utf8' });
    expect(await folderDigest(join(folder, 'model'))).toBe(expected.slice(0, 64));
  });

  it('changes with every byte and every name', async () => {
    const model = join(folder, 'model');
    const original = await folderDigest(model);
    await writeFile(join(model, 'config.json'), '{ }');
    expect(await folderDigest(model)).not.toBe(original);
    await writeFile(join(model, 'config.json'), '{}');
    expect(await folderDigest(model)).toBe(original);
    await rename(join(model, 'Zeta.bin'), join(model, 'zeta.bin'));
    expect(await folderDigest(model)).not.toBe(original);
  });

  it('leaves out what begins with a dot, and follows links to files and folders', async () => {
    const original = await folderDigest(join(folder, 'model'));
    await mkdir(join(folder, 'linked', '.cache'), { recursive: true });
    await writeFile(join(folder, 'linked', '.cache', 'lock'), 'x');
    await writeFile(join(folder, 'linked', '.gitattributes'), 'x');
    for (const name of ['config.json', 'Zeta.bin', '\u00e9.txt', 'nested']) {
      await symlink(join(folder, 'model', name), join(folder, 'linked', name));
    }
    expect(await folderDigest(join(folder, 'linked'))).toBe(original);
  });

  it('refuses an empty folder, a folder that links back to itself, a missing one and a broken link', async () => {
    await mkdir(join(folder, 'empty'));
    await expect(folderDigest(join(folder, 'empty'))).rejects.toThrow(/empty: the folder holds no files/);
    await symlink(folder, join(folder, 'model', 'loop'));
    await expect(folderDigest(folder)).rejects.toThrow(/links back to itself/);
    await expect(folderDigest(join(folder, 'absent'))).rejects.toThrow(/ENOENT/);
    await symlink('nowhere', join(folder, 'empty', 'broken'));
    await expect(folderDigest(join(folder, 'empty'))).rejects.toThrow(/ENOENT/);
  });
});
