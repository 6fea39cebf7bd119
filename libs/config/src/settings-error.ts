import type { z } from 'zod';
import type { Environment } from './secret-files.js';
import { fileVariable, withSecretFiles } from './secret-files.js';

export type { Environment } from './secret-files.js';

/** Every environment variable that is wrong, named at once with its value and what is accepted. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(`wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/** Variables that may hold a password: their value is not repeated. */
const confidential = /URL$|KEY/;

/**
 * Validates the environment and the secret files that it names; an empty variable counts as one that is not set. Throws a
 * SettingsError.
 */
export function readSettings<Settings>(schema: z.ZodType<Settings>, given: Environment): Settings {
  const { environment, problems } = withSecretFiles(given);
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success && problems.length === 0) return parsed.data;
  // a variable whose file is wrong is not told as one that is not set, too
  const issues = (parsed.error?.issues ?? []).filter(
    ({ path: [variable] }) => present[String(variable)] !== undefined || !given[fileVariable(String(variable))],
  );
  throw new SettingsError([
    ...problems,
    ...issues.map((issue) => {
      const [variable, ...inside] = issue.path.map(String);
      if (variable === undefined) return issue.message;
      const place = inside.length > 0 ? ` (at ${inside.join('.')})` : '';
      const value = present[variable];
      if (value === undefined) return `${variable}${place} is not set: ${issue.message}`;
      return `${variable}${place} is ${confidential.test(variable) ? 'set' : JSON.stringify(value)}: ${issue.message}`;
    }),
  ]);
}
