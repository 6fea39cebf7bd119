/** Whose data a trainer reaches: named one by one, or everybody of a folder, as a container has it mounted. */
import { resourceName } from '@fedamole/federation';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { documented } from './documented.js';
import type { Environment } from './secret-files.js';
import { dataPath, folder } from './variables.js';

type Clients = Readonly<Record<string, string>>;

const atLeastOne = [(read: Clients) => Object.keys(read).length > 0, 'expected at least one client'] as const;

const named = z
  .string('expected a JSON object of client names and the paths of their data, or TRAINER_CLIENTS_FOLDER')
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      context.addIssue(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
      return z.NEVER;
    }
  })
  .pipe(z.record(resourceName, dataPath).refine(...atLeastOne));

/** Every folder of it is the client of that name; hidden ones and files are none. */
const below = folder('read')
  .transform((path): Clients => {
    const entries = readdirSync(path, { withFileTypes: true });
    const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
    return Object.fromEntries(names.sort().map((name) => [name, join(path, name)]));
  })
  .pipe(z.record(resourceName, dataPath).refine(...atLeastOne));

export function clientVariables(environment: Environment) {
  const inFolder = Boolean(environment['TRAINER_CLIENTS_FOLDER']);
  const onlyOne = z.undefined('TRAINER_CLIENTS_FOLDER is set, too: expected one of them').optional();
  return {
    TRAINER_CLIENTS: documented(
      inFolder ? onlyOne : named,
      'JSON object: client name to data file or folder',
      'required, or `TRAINER_CLIENTS_FOLDER`',
    ),
    TRAINER_CLIENTS_FOLDER: documented(below.optional(), 'instead of it: a folder with a folder per client', 'not set'),
  };
}

interface ClientVariables {
  TRAINER_CLIENTS?: Clients | undefined;
  TRAINER_CLIENTS_FOLDER?: Clients | undefined;
}

/** Absolute path of the data of every client. */
export function clientsOf({ TRAINER_CLIENTS, TRAINER_CLIENTS_FOLDER }: ClientVariables): Clients {
  const clients = TRAINER_CLIENTS ?? TRAINER_CLIENTS_FOLDER;
  if (clients === undefined) throw new Error('neither TRAINER_CLIENTS nor TRAINER_CLIENTS_FOLDER was read');
  return clients;
}
