/** What of the command line is written by a script and checked in: paths and contents. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commands } from '../commands/index.js';
import { root } from '../installation.js';
import { federationSchema } from './federation-schema.js';
import { referenceOf } from './markdown.js';

export async function referenceFiles(): Promise<Readonly<Record<string, string>>> {
  const document = await readFile(join(root, 'libs', 'api-client', 'openapi.json'), 'utf8');
  const schema = federationSchema(JSON.parse(document) as Parameters<typeof federationSchema>[0]);
  return {
    [join(root, 'docs', 'cli.md')]: referenceOf(commands),
    [join(root, 'apps', 'cli', 'federation.schema.json')]: `${JSON.stringify(schema, null, 2)}\n`,
  };
}
