/** Which Node and npm the platform runs with. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CommandError } from './commands.mjs';

/** Lowest minor version of each supported major one; every later major is supported too. */
const nodeReleases = new Map([
  [20, 19],
  [22, 12],
]);
const firstOpenMajor = 24;
const oldestNpm = 10;

/** Throws where this Node is not ^20.19, ^22.12 or >= 24. */
export function requireNode(version = process.versions.node) {
  const [major, minor] = version.split('.').map(Number);
  if (major >= firstOpenMajor || minor >= (nodeReleases.get(major) ?? Infinity)) return;
  throw new CommandError(
    `Node ${version} is not supported: use 20.19 or later of 20, 22.12 or later of 22, or 24 and later.`,
  );
}

/** How npm is run: the one that runs this script, else the one on PATH. Throws where there is none or it is too old. */
export async function requireNpm() {
  const path = process.env.npm_execpath;
  const npm = path?.endsWith('npm-cli.js') ? [process.execPath, path] : ['npm'];
  const [command, ...args] = npm;
  let version;
  try {
    version = (await promisify(execFile)(command, [...args, '--version'])).stdout.trim();
  } catch (error) {
    throw new CommandError(`npm could not be run (${error.message}): install Node with npm ${oldestNpm} or later.`);
  }
  if (Number(version.split('.')[0]) < oldestNpm) {
    throw new CommandError(`npm ${version} is too old: npm ${oldestNpm} or later is needed.`);
  }
  return npm;
}
