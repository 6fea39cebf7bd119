import { createHash } from 'node:crypto';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDigest } from './file-digest.js';

export interface FolderFile {
  /** Relative to the folder, parted by slashes. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Identity of a folder's contents, such as a base model's: the SHA-256 of a line `<SHA-256 of the file>  <relative name>`
 * per regular file, sorted by the bytes of the name. Subfolders are walked and symbolic links followed; whatever begins
 * with a dot is left out. A shell computes the same with `find`, `sort` and `sha256sum`.
 *
 * @throws where the folder holds no file, links back to itself, or has a line feed in a name
 */
export async function folderDigest(folder: string): Promise<string> {
  const names = await folderFiles(folder);
  const files = [];
  for (const name of names) files.push({ name, sha256: (await fileDigest(join(folder, name))).digest });
  return digestOfFiles(files);
}

/** The names of the files that a folder's digest is made of, sorted. @throws as `folderDigest` */
export async function folderFiles(folder: string): Promise<string[]> {
  const names = await fileNames(folder, '', []);
  if (names.length === 0) throw new Error(`${folder}: the folder holds no files to take a digest of`);
  return names.sort(byBytes);
}

/** The digest of a folder that would hold these files. */
export function digestOfFiles(files: readonly Pick<FolderFile, 'name' | 'sha256'>[]): string {
  const list = createHash('sha256');
  const sorted = [...files].sort((left, right) => byBytes(left.name, right.name));
  for (const { name, sha256 } of sorted) list.update(`${sha256}  ${name}\n`);
  return list.digest('hex');
}

const byBytes = (left: string, right: string): number => Buffer.compare(Buffer.from(left), Buffer.from(right));

async function fileNames(root: string, relative: string, ancestors: readonly string[]): Promise<string[]> {
  const real = await realpath(join(root, relative));
  if (ancestors.includes(real)) throw new Error(`${join(root, relative)}: the folder links back to itself, ${real}`);
  const names: string[] = [];
  for (const entry of await readdir(real)) {
    if (entry.startsWith('.')) continue;
    const name = relative === '' ? entry : `${relative}/${entry}`;
    if (name.includes('\n')) throw new Error(`${root}: the file name ${JSON.stringify(name)} has a line feed`);
    const found = await stat(join(root, name));
    if (found.isDirectory()) names.push(...(await fileNames(root, name, [...ancestors, real])));
    else if (found.isFile()) names.push(name);
  }
  return names;
}
