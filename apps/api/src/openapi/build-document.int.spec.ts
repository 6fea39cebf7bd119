import { describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { buildDocument } from './build-document.js';

const checkedIn = new URL('../../../../libs/api-client/openapi.json', import.meta.url);

describe('the OpenAPI document', () => {
  it('is the one that clients are generated from: "npm run openapi" writes it', async () => {
    const document: unknown = JSON.parse(JSON.stringify(await buildDocument()));
    expect(document).toEqual(JSON.parse(await readFile(checkedIn, 'utf8')));
  });
});
