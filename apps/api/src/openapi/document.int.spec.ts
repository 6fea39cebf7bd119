/** The document is what clients are generated from: whatever is wrong in it is wrong in all of them. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningService } from '@fedamole/services';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { pino } from 'pino';
import { startApi } from '../application.js';
import { HttpClient } from '../fixtures/http-client.js';
import type { TestBench } from '../fixtures/test-bench.js';
import { testBench } from '../fixtures/test-bench.js';
import { problemCodes } from '../http/problem-codes.js';

interface Media {
  schema: object;
  examples?: Record<string, { value: { code: string } }>;
}
interface Operation {
  operationId: string;
  summary?: string;
  description?: string;
  tags?: string[];
  security?: object[];
  parameters?: { name: string; in: string; description?: string; schema: object }[];
  requestBody?: { content: Record<string, Media> };
  responses: Record<string, { description: string; content?: Record<string, Media> }>;
}
interface Document {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { examples?: unknown[] }>; securitySchemes: object };
  security: object[];
}

let bench: TestBench;
let api: RunningService;
let http: HttpClient;
let document: Document;
const operations: (Operation & { path: string; method: string })[] = [];

beforeAll(async () => {
  bench = await testBench();
  api = await startApi(bench.settings, pino({ level: 'silent' }));
  http = new HttpClient(api.url);
  document = (await http.get<Document>('/docs-json')).body;
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) operations.push({ ...operation, path, method });
  }
});
afterAll(async () => {
  await api.close();
  await bench.close();
});

function validator(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });
  addFormats.default(ajv);
  ajv.addVocabulary(['components']);
  return ajv.addSchema({ components: { schemas: document.components.schemas } }, 'document');
}
const componentOf = (reference: string): { examples?: unknown[] } =>
  document.components.schemas[reference.replace('#/components/schemas/', '')] ?? {};
/** References of a schema lead into the document. */
const within = (schema: object): object =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"document#/components')) as object;

describe('the OpenAPI document', () => {
  it('is of version 3.1 and names every operation once, in words', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { operationId, summary, description, tags } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect({ operationId, summary, description }).toEqual({
        operationId,
        summary: expect.stringMatching(/^[A-Z].+\.$/),
        description: expect.stringMatching(/^Open to .+\.$/),
      });
      expect(document.tags.map(({ name }) => name)).toContain(tags?.[0]);
    }
  });

  it('describes every parameter, of the path and others', () => {
    for (const { path, operationId, parameters = [] } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        parameters
          .filter((one) => one.in === 'path')
          .map(({ name }) => name)
          .sort(),
      ).toEqual(inPath.sort());
      const silent = parameters.filter(({ description }) => !description).map(({ name }) => name);
      expect({ operationId, silent: silent.filter((name) => inPath.includes(name)) }).toEqual({
        operationId,
        silent: [],
      });
    }
  });

  it('holds schemas that are valid, and examples that fit them', () => {
    const ajv = validator();
    let examples = 0;
    for (const { operationId, parameters = [], requestBody, responses } of operations) {
      const medias = [requestBody, ...Object.values(responses)].flatMap((one) => Object.values(one?.content ?? {}));
      for (const { schema } of [...parameters, ...medias]) expect(() => ajv.compile(within(schema))).not.toThrow();
      for (const media of medias) {
        const fits = ajv.compile(within(media.schema));
        const shown = '$ref' in media.schema ? componentOf(String(media.schema.$ref)).examples : undefined;
        for (const value of shown ?? []) {
          fits(value);
          expect({ operationId, value, errors: fits.errors }).toEqual({ operationId, value, errors: null });
        }
        if (media === requestBody?.content['application/json']) expect(shown).toHaveLength(1);
        for (const [name, { value }] of Object.entries(media.examples ?? {})) {
          fits(value);
          expect({ operationId, name, errors: fits.errors }).toEqual({ operationId, name, errors: null });
          examples += 1;
        }
      }
    }
    expect(examples).toBeGreaterThan(200);
    for (const name of ['Federation', 'Round', 'Problem', 'NewKey', 'CreateFederation']) {
      expect(document.components.schemas).toHaveProperty(name);
    }
  });

  it('holds nothing that generators stumble over', () => {
    const found: string[] = [];
    const look = (value: unknown, place: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { pattern, $ref, default: byDefault, type } = value as Record<string, unknown>;
      // Unicode properties are no regular expressions of Python and others; quotes end the text that a pattern is put into.
      if (typeof pattern === 'string' && /\\p|["'\s]/.test(pattern)) found.push(`${place}: pattern ${pattern}`);
      if (typeof pattern === 'string' && pattern.length > 100) found.push(`${place}: a pattern that nobody reads`);
      if ($ref !== undefined && byDefault !== undefined) found.push(`${place}: a default beside a reference`);
      if (Array.isArray(type) && type.includes('object')) found.push(`${place}: an object without a name`);
      for (const [key, inner] of Object.entries(value)) look(inner, `${place}/${key}`);
    };
    look(document, '');
    expect(found).toEqual([]);
  });

  it('tells every error as a problem with its code, and every code of the catalogue somewhere', () => {
    const told = new Set<string>();
    for (const { path, operationId, responses } of operations) {
      const statuses = Object.keys(responses);
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
      if (path.startsWith('/v1/'))
        expect(statuses).toEqual(expect.arrayContaining(['400', '401', '403', '429', '500']));
      for (const status of statuses.filter((one) => Number(one) >= 400)) {
        const media = responses[status]?.content?.['application/problem+json'];
        expect({ operationId, status, media: media?.schema }).toEqual({
          operationId,
          status,
          media: { $ref: '#/components/schemas/Problem' },
        });
        for (const { value } of Object.values(media?.examples ?? {})) told.add(value.code);
      }
    }
    // Refusals of commands that nobody sends, and of paths that are none.
    const elsewhere = ['FEDERATION_ALREADY_EXISTS', 'RESULT_REFUSED', 'NO_SUCH_ROUTE'];
    expect([...told, ...elsewhere].sort()).toEqual(Object.keys(problemCodes).sort());
  });

  it('asks for a key wherever the API does', () => {
    expect(document.security).toEqual([{ key: [] }]);
    expect(document.components.securitySchemes).toMatchObject({ key: { type: 'http', scheme: 'bearer' } });
    for (const { path, security } of operations) {
      expect({ path, security }).toEqual({ path, security: path.startsWith('/health') ? [{}] : undefined });
    }
  });

  it('says that events are followed as server-sent events, and adapters downloaded as files', () => {
    const typeOf = (path: string): string[] =>
      Object.keys(document.paths[path]?.['get']?.responses['200']?.content ?? {});
    expect(typeOf('/v1/events/stream')).toEqual(['text/event-stream']);
    expect(typeOf('/v1/federations/{id}/events/stream')).toEqual(['text/event-stream']);
    expect(typeOf('/v1/federations/{id}/adapters/{client}')).toEqual(['application/octet-stream']);
  });

  it('comes with a page on which a key is kept', async () => {
    expect(await (await http.raw('/docs')).text()).toContain('swagger-ui');
    expect(await (await http.raw('/docs/swagger-ui-init.js')).text()).toContain('"persistAuthorization": true');
  });
});
