import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Environment } from './settings-error.js';
import { codeOf, folder } from './variables.js';

const OPEN_TO_OTHERS = 0o077;

/**
 * An existing folder, or else one of this user's own below the system's temporary folder, which is made. Everyone may write
 * there: one of that name that another user made, or could write to, is refused, for what lies in it is trained with.
 */
export const privateFolder = (environment: Environment, purpose: 'weights' | 'models') =>
  folder('read and write')
    .optional()
    .transform((given, context) => {
      if (given !== undefined) return given;
      const path = join(environment['TMPDIR'] ?? tmpdir(), `fedamole-${purpose}-${userInfo().uid}`);
      const problem = problemOfPrivateFolder(path);
      if (problem !== null) context.addIssue(`its default ${path} ${problem}; expected the path of another folder`);
      return path;
    });

function problemOfPrivateFolder(path: string): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    return `cannot be made: ${codeOf(error)}`;
  }
  const found = lstatSync(path);
  const own = found.isDirectory() && found.uid === userInfo().uid && (found.mode & OPEN_TO_OTHERS) === 0;
  return own ? null : 'is not a folder that only this user may use';
}
