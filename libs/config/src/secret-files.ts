/** Variables that hold a password may name a file that holds their value instead, as container secrets are given. */
import { readFileSync } from 'node:fs';
import { codeOf } from './variables.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Of every service; a service does not read those of others. */
export const secretVariables = [
  'DATABASE_URL',
  'QUEUE_DATABASE_URL',
  'REDIS_URL',
  'ARTIFACTS_S3_ACCESS_KEY_ID',
  'ARTIFACTS_S3_SECRET_ACCESS_KEY',
] as const;

export const fileVariable = (variable: string): string => `${variable}_FILE`;

/** Whether `variable` is set, itself or by its file. */
export const isSet = (environment: Environment, variable: string): boolean =>
  Boolean(environment[variable] || environment[fileVariable(variable)]);

export interface WithSecrets {
  readonly environment: Environment;
  readonly problems: readonly string[];
}

/** The environment with the content of the files that it names, but for white space at their ends; and what is wrong with them. */
export function withSecretFiles(environment: Environment): WithSecrets {
  const found: Record<string, string | undefined> = { ...environment };
  const problems: string[] = [];
  for (const variable of secretVariables) {
    const path = environment[fileVariable(variable)];
    if (!path) continue;
    const place = `${fileVariable(variable)} is ${JSON.stringify(path)}`;
    if (environment[variable]) {
      problems.push(`${place}, and ${variable} is set, too: expected one of them`);
      continue;
    }
    try {
      const content = readFileSync(path, 'utf8').trim();
      if (content === '') problems.push(`${place}: the file is empty`);
      else found[variable] = content;
    } catch (error) {
      problems.push(`${place}: the file cannot be read: ${codeOf(error)}`);
    }
  }
  return { environment: found, problems };
}
