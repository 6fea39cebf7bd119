import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of that name is whole, or not there. `folder` is made; left out, it is the working folder. Returns the path. */
export async function saveFile(folder: string | undefined, name: string, bytes: Uint8Array): Promise<string> {
  const target = folder ?? process.env['INIT_CWD'] ?? '.';
  await mkdir(target, { recursive: true });
  const file = join(target, name);
  await writeFile(`${file}.part`, bytes);
  await rename(`${file}.part`, file);
  return file;
}
