/** A federation as a YAML or JSON file: the body of `POST /v1/federations`, described by federation.schema.json. */
import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import type { Sent } from '@fedamole/api-client';
import type { Context } from './command-line/context.js';
import { UsageError } from './usage-error.js';

export type FederationBody = Sent<'POST /v1/federations'>['body'];

/** `-` is standard input. JSON is YAML, too. The API validates what is in it, all of it at once. */
export async function readFederationFile(context: Context, path: string): Promise<FederationBody> {
  const fields = Object.entries(await readMapping(context, path));
  // what editors find the schema by is no field of a federation
  return Object.fromEntries(fields.filter(([name]) => name !== '$schema')) as unknown as FederationBody;
}

/** The mapping that a YAML or JSON file holds. */
export async function readMapping(context: Context, path: string): Promise<Record<string, unknown>> {
  const source = path === '-' ? await context.readInput() : await readText(path);
  const document = parseDocument(source);
  const [error] = document.errors;
  const place = path === '-' ? 'standard input' : path;
  if (error !== undefined) throw new UsageError(`${place}: ${error.message}`);
  const content: unknown = document.toJS();
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) {
    return content as Record<string, unknown>;
  }
  throw new UsageError(`${place}: expected fields and their values, such as "baseModel: model"`);
}

const readText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${path}: cannot be read (${error.code})`);
  });
