import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const project = join(import.meta.dirname, '..');
const document = join(project, 'openapi.json');

async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder);
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')])),
  );
}

describe('the generated client', () => {
  it('is the one of openapi.json: "npm run openapi" writes it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'api-client-'));
    try {
      await promisify(execFile)(process.execPath, [join(project, 'generate.mjs'), document, folder]);
      expect(await contentsOf(folder)).toEqual(await contentsOf(join(project, 'src', 'generated')));
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
