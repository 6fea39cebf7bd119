/**
 * `node libs/api-client/generate.mjs [document] [folder]`: TypeScript from the OpenAPI document. Types of bodies, parameters and
 * answers come from @hey-api/openapi-ts; beside them `operations.gen.ts` says which belong to which request.
 */
import { createClient } from '@hey-api/openapi-ts';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const here = import.meta.dirname;
const [document = join(here, 'openapi.json'), folder = join(here, 'src', 'generated')] = process.argv.slice(2);
const { paths } = JSON.parse(await readFile(document, 'utf8'));

await createClient({
  input: document,
  output: { path: folder, entryFile: false },
  plugins: ['@hey-api/typescript'],
  logs: { level: 'error', file: false },
});

const methods = ['get', 'post', 'put', 'patch', 'delete'];
const operations = Object.entries(paths).flatMap(([path, item]) =>
  methods.flatMap((method) => (item[method] ? [operation(`${method.toUpperCase()} ${path}`, item[method])] : [])),
);

const source = `// Generated from openapi.json by "npm run openapi": do not edit.
import type * as types from './types.gen.js';

/** What is sent and what is answered, by method and path. */
export interface Operations {
${operations.join('\n')}
}
`;
await writeFile(join(folder, 'operations.gen.ts'), source);

function operation(request, { operationId, summary, responses }) {
  const name = typeName(operationId);
  const answers = Object.keys(responses).some((status) => status.startsWith('2'));
  const answer = answers ? `types.${name}Responses[keyof types.${name}Responses]` : 'unknown';
  return `  /** ${summary} */\n  '${request}': { sent: types.${name}Data; answered: ${answer} };`;
}

/** As the generator of the types names them. */
function typeName(operationId) {
  const words = operationId.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word[0].toUpperCase() + word.slice(1)).join('');
}
