import type { z } from 'zod';

/** Every environment variable that is wrong, named at once with its value and what is accepted. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly problems: readonly string[]) {
    super(`wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that may hold a password: their value is not repeated. */
const confidential = /URL$/;

/** Validates the environment; an empty variable counts as one that is not set. Throws a SettingsError. */
export function readSettings<Settings>(schema: z.ZodType<Settings>, environment: Environment): Settings {
  const present = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(present);
  if (parsed.success) return parsed.data;
  throw new SettingsError(
    parsed.error.issues.map((issue) => {
      const [variable, ...inside] = issue.path.map(String);
      if (variable === undefined) return issue.message;
      const place = inside.length > 0 ? ` (at ${inside.join('.')})` : '';
      const value = present[variable];
      if (value === undefined) return `${variable}${place} is not set: ${issue.message}`;
      return `${variable}${place} is ${confidential.test(variable) ? 'set' : JSON.stringify(value)}: ${issue.message}`;
    }),
  );
}
