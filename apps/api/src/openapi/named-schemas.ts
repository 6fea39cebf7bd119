/**
 * Schemas that have a title become components, so that generated clients have types of these names. The zod schemas carry the
 * titles: `.meta({ title: 'Federation' })`.
 */
import type { OpenAPIObject } from '@nestjs/swagger';
import { isDeepStrictEqual } from 'node:util';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

/** Below these there are values, not schemas. */
const data = new Set(['example', 'examples', 'default', 'enum', 'const']);

/** What zod writes for every whole number; it says nothing that "integer" does not. */
const limits = { minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };

/** Throws where two different schemas have the same title. */
export function nameSchemas(document: OpenAPIObject): OpenAPIObject {
  const components: JsonObject = {};
  const hoist = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(hoist);
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(withNumericLimits(value)).filter(
      ([key, content]) => !isIdleLimit(key, content) && !(key === 'pattern' && tellsMore(value['format'])),
    );
    const plain = Object.fromEntries(entries.map(([key, content]) => [key, data.has(key) ? content : hoist(content)]));
    const { title, description, ...schema } = plain;
    if (typeof title !== 'string' || !('type' in plain || 'anyOf' in plain)) return plain;
    const { named, around } = withoutNull(schema);
    const known = components[title];
    if (known !== undefined && !isDeepStrictEqual(known, named)) throw new Error(`two schemas are called ${title}`);
    components[title] = named;
    return {
      ...around({ $ref: `#/components/schemas/${title}` }),
      ...(description === undefined ? {} : { description }),
    };
  };
  const { info, ...described } = document as unknown as JsonObject;
  const named = hoist(described) as JsonObject;
  const schemas = Object.fromEntries(Object.entries(components).sort(([one], [other]) => (one < other ? -1 : 1)));
  return {
    ...named,
    info,
    components: { ...(named['components'] as JsonObject), schemas },
  } as unknown as OpenAPIObject;
}

/** What has a name is never null: where null may stand in its place, the place says so, and what stands there by default. */
function withoutNull(schema: JsonObject): { named: JsonObject; around: (reference: JsonObject) => JsonObject } {
  const { type, default: byDefault, ...rest } = schema;
  if (!Array.isArray(type) || !type.includes('null')) return { named: schema, around: (reference) => reference };
  const [only = null, ...others] = type.filter((one) => one !== 'null');
  const standsByDefault = byDefault === undefined ? {} : { default: byDefault };
  return {
    named: { type: others.length === 0 ? only : [only, ...others], ...rest },
    around: (reference) => ({ anyOf: [reference, { type: 'null' }], ...standsByDefault }),
  };
}

/** Version 3.0 marks a limit as exclusive, and so does the converter of schemas; since 3.1 the exclusive limit is the number. */
function withNumericLimits({
  minimum,
  maximum,
  exclusiveMinimum,
  exclusiveMaximum,
  ...schema
}: JsonObject): JsonObject {
  const limit = (
    inclusive: string,
    exclusive: string,
    value: Json | undefined,
    mark: Json | undefined,
  ): JsonObject => ({
    ...(value === undefined || mark === true ? {} : { [inclusive]: value }),
    ...(mark === true && value !== undefined ? { [exclusive]: value } : {}),
    ...(mark === undefined || typeof mark === 'boolean' ? {} : { [exclusive]: mark }),
  });
  return {
    ...schema,
    ...limit('minimum', 'exclusiveMinimum', minimum, exclusiveMinimum),
    ...limit('maximum', 'exclusiveMaximum', maximum, exclusiveMaximum),
  };
}

/** What zod writes beside these formats says the same again, in hundreds of characters that not all generators read. */
const tellsMore = (format: Json | undefined): boolean => format === 'date-time' || format === 'uuid';

const isIdleLimit = (key: string, content: Json): boolean =>
  Object.hasOwn(limits, key) && content === limits[key as keyof typeof limits];
