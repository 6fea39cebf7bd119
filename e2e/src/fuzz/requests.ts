/** Requests for an endpoint of the document: such as fit it, and such as fit it in all but something. */
import fc from 'fast-check';
import type { ApiDocument, Endpoint, Parameter } from './document.js';
import { fitting, hostileText, hostileValue, type Known } from './values.js';

export const callers = ['operator', 'viewer', 'site', 'nobody', 'forger'] as const;
export type CallerName = (typeof callers)[number];

export interface FuzzRequest {
  readonly endpoint: Endpoint;
  readonly caller: CallerName;
  /** Path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export function requestsFor(document: ApiDocument, endpoint: Endpoint, known: Known): fc.Arbitrary<FuzzRequest> {
  const { parameters = [] } = endpoint.operation;
  const of = (place: Parameter['in']): readonly Parameter[] => parameters.filter((one) => one.in === place);
  const values = (place: Parameter['in'], hostile: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> =>
    fc.record(
      Object.fromEntries(
        of(place).map(({ name, schema }) => [name, mostly(fitting(document, schema, known, name), hostile)]),
      ),
      { requiredKeys: of(place).flatMap(({ name, required }) => (required ? [name] : [])) },
    );
  const stray = fc.option(fc.dictionary(fc.string({ minLength: 1 }), hostileText, { maxKeys: 2 }), {
    freq: 8,
    nil: {},
  });
  return fc
    .record({
      caller: fc.oneof({ weight: 3, arbitrary: fc.constant('operator' as const) }, fc.constantFrom(...callers)),
      path: values('path', hostileText),
      query: values('query', hostileText),
      stray,
      header: values('header', fc.string({ unit: 'grapheme-ascii' })),
      content: contentFor(document, endpoint, known),
    })
    .map(({ caller, path, query, stray, header, content }) => ({
      endpoint,
      caller,
      url: urlOf(endpoint.path, path, { ...query, ...stray }),
      headers: { ...textsOf(header), ...content.headers },
      body: content.body,
    }));
}

interface Content {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const json = { 'content-type': 'application/json' };

function contentFor(document: ApiDocument, { method, operation }: Endpoint, known: Known): fc.Arbitrary<Content> {
  if (method === 'GET') return fc.constant({ headers: {}, body: null });
  const schema = operation.requestBody?.content['application/json']?.schema;
  const wellFormed = schema ? fitting(document, schema, known) : fc.constant({});
  const asJson = (value: unknown): Content => ({ headers: json, body: JSON.stringify(value) });
  return fc.oneof(
    { weight: 5, arbitrary: wellFormed.map(asJson) },
    { weight: 4, arbitrary: fc.tuple(wellFormed, fc.string(), hostileValue).map((made) => asJson(spoilt(...made))) },
    { weight: 1, arbitrary: hostileValue.map(asJson) },
    { weight: 1, arbitrary: hostileText.map((body) => ({ headers: json, body })) },
    { weight: 1, arbitrary: fc.constant({ headers: {}, body: null }) },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('text/plain', 'application/json; charset=klingon', 'application/x-www-form-urlencoded', 'a/b;;')
        .map((type) => ({ headers: { 'content-type': type }, body: '{"name":"x"}' })),
    },
    {
      weight: 1,
      arbitrary: fc
        .constantFrom('gzip', 'br', 'nonsense')
        .map((encoding) => ({ headers: { ...json, 'content-encoding': encoding }, body: '{}' })),
    },
  );
}

/** One field is another value, or there is one more. */
function spoilt(value: unknown, word: string, hostile: unknown): unknown {
  if (typeof value !== 'object' || value === null) return hostile;
  const keys = Object.keys(value);
  const key = keys[word.length % Math.max(1, keys.length)] ?? word;
  return { ...value, [word.length % 3 === 0 ? word : key]: hostile };
}

const mostly = (fits: fc.Arbitrary<unknown>, hostile: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 5, arbitrary: fits }, { weight: 1, arbitrary: hostile });

function urlOf(path: string, inPath: Record<string, unknown>, query: Record<string, unknown>): string {
  // Of an empty segment, or one of dots, another path would come.
  const segment = (value: unknown): string => encodeURIComponent(String(value)).replace(/^\.{0,2}$/, 'x');
  const filled = path.replace(/\{(\w+)\}/g, (_braces, name: string) => segment(inPath[name]));
  const search = new URLSearchParams(textsOf(query)).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

const textsOf = (values: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
