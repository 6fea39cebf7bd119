/** Brings a database to the current schema, by Prisma's command line. */
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `prisma migrate deploy` in `root`. Throws with what it printed where it fails. */
export async function migrate(databaseUrl: string, root: string, signal?: AbortSignal): Promise<void> {
  const prisma = dirname(createRequire(join(root, 'package.json')).resolve('prisma/package.json'));
  const env = {
    ...process.env,
    DATABASE_URL: databaseUrl,
    // Neither asks for a newer version nor says that there is one.
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  };
  try {
    await run(process.execPath, [join(prisma, 'build', 'index.js'), 'migrate', 'deploy'], {
      cwd: root,
      env,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    signal?.throwIfAborted();
    const { stdout, stderr, message } = error as Error & { stdout?: string; stderr?: string };
    const printed = [stdout, stderr]
      .map((text) => text?.trim())
      .filter(Boolean)
      .join('\n');
    throw new Error(`The database could not be migrated:\n${printed || message}`, { cause: error });
  }
}
