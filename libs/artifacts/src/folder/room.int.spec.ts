import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeBytes, requireReadable, requireRoom } from './room.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'storage-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("a store's folder", () => {
  it('has room, and is left as it was', async () => {
    await requireRoom(folder, 1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is refused with both numbers where less is free than asked for', async () => {
    const asked = (await freeBytes(folder)) + 2 ** 50;
    await expect(requireRoom(folder, asked)).rejects.toThrow(
      new RegExp(`^\\d+ bytes are free in ${folder}; at least ${asked} are needed$`),
    );
  });

  it('is refused where it is away', async () => {
    await expect(requireRoom(join(folder, 'gone'), 0)).rejects.toThrow('ENOENT');
    await expect(requireReadable(join(folder, 'gone'))).rejects.toThrow('ENOENT');
  });

  // A kernel's folder that holds no files of anybody's: root cannot write to it either.
  it('is refused where it cannot be written to', async () => {
    await expect(requireRoom('/proc/self', 0)).rejects.toThrow(/ENOENT|EACCES|EPERM/);
  });
});
