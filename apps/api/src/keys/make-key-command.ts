/**
 * `node apps/api/dist/main.js make-key --scope operator`: prints a new key. It needs DATABASE_URL and nothing that runs, so
 * that there is a first key before there is an API.
 */
import { readDatabaseUrl, SettingsError } from '@fedamole/config';
import { openDatabase } from '@fedamole/event-store';
import { parseArgs } from 'node:util';
import { AuditTrail } from '../audit/audit-trail.js';
import { ApiKeys } from './api-keys.js';
import { makeKey } from './schemas.js';

const usage = `usage: make-key --scope operator|viewer|site [--client NAME]... [--description TEXT] [--expires-at TIME]`;

class WrongArgumentsError extends Error {}

/** Answers the exit status: 0, or 2 where the command line or a setting is wrong. */
export async function makeKeyCommand(argv: readonly string[]): Promise<number> {
  try {
    process.stdout.write(`${await make(argv)}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof WrongArgumentsError) && !(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

async function make(argv: readonly string[]): Promise<string> {
  const { scope, clients = [], description, expiresAt } = readArguments(argv);
  const database = openDatabase(readDatabaseUrl(process.env), () => undefined);
  try {
    const { record, key } = await new ApiKeys(database.prisma).make({
      scope,
      clients,
      description: description ?? null,
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
    });
    await new AuditTrail(database.prisma).recordMadeByCommand(record);
    return key;
  } finally {
    await database.close();
  }
}

function readArguments(argv: readonly string[]) {
  const parsed = makeKey.safeParse(valuesOf(argv));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'arguments'}: ${message}`);
  throw new WrongArgumentsError([...problems, usage].join('\n'));
}

function valuesOf(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      options: {
        scope: { type: 'string' },
        client: { type: 'string', multiple: true },
        description: { type: 'string' },
        'expires-at': { type: 'string' },
      },
    });
    const { scope, client: clients, description, 'expires-at': expiresAt } = values;
    return { scope, clients, description, expiresAt };
  } catch (error) {
    throw new WrongArgumentsError(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  }
}
