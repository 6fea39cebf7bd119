/** The JSON Schema of a federation's file: the body of `POST /v1/federations`, and what it refers to. */
interface Document {
  readonly paths: Readonly<Record<string, unknown>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

interface CreateOperation {
  readonly post: {
    readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: JsonSchema } } };
  };
}

type JsonSchema = Readonly<Record<string, unknown>>;

const components = '#/components/schemas/';

export function federationSchema(document: Document): JsonSchema {
  const operation = document.paths['/v1/federations'] as CreateOperation;
  const { schema } = operation.post.requestBody.content['application/json'];
  const definitions = document.components?.schemas ?? {};
  const root = schema['$ref'] === undefined ? schema : (definitions[nameOf(schema['$ref'])] as JsonSchema);
  const properties = { $schema: { type: 'string' }, ...(root['properties'] as JsonSchema) };
  const body = { ...root, properties };
  const needed = Object.fromEntries(namesIn(body, definitions).map((name) => [name, definitions[name]]));
  return withLocalReferences({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Federation',
    ...body,
    ...(Object.keys(needed).length === 0 ? {} : { $defs: needed }),
  }) as JsonSchema;
}

const nameOf = (reference: unknown): string => String(reference).slice(components.length);

/** Of definitions that a schema refers to, directly or through others. */
function namesIn(schema: unknown, definitions: JsonSchema, found = new Set<string>()): string[] {
  for (const [, name] of JSON.stringify(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)) {
    if (name === undefined || found.has(name)) continue;
    found.add(name);
    namesIn(definitions[name], definitions, found);
  }
  return [...found].sort();
}

const withLocalReferences = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema).replaceAll(`"$ref":"${components}`, '"$ref":"#/$defs/')) as unknown;
