import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { federationSchema } from './federation-schema.js';
import { referenceFiles } from './files.js';

describe('the reference of the command line', () => {
  it('is the one of the table of commands and of the API: "npm run openapi" writes it', async () => {
    for (const [path, content] of Object.entries(await referenceFiles())) {
      expect(await readFile(path, 'utf8')).toBe(content);
    }
  });
});

describe("the schema of a federation's file", () => {
  const bodyOf = (schema: unknown) => ({
    '/v1/federations': { post: { requestBody: { content: { 'application/json': { schema } } } } },
  });
  const properties = { name: { $ref: '#/components/schemas/Name' } };
  const schemas = { Body: { type: 'object', properties }, Name: { type: 'string' }, Other: { type: 'null' } };

  it('holds what the body refers to, and nothing else', () => {
    const paths = bodyOf({ $ref: '#/components/schemas/Body' });
    expect(federationSchema({ paths, components: { schemas } })).toMatchObject({
      type: 'object',
      properties: { $schema: { type: 'string' }, name: { $ref: '#/$defs/Name' } },
      $defs: { Name: { type: 'string' } },
    });
  });
});
