/** Values that fit a schema of the document, values that nearly do, and values that are after harm. */
import fc from 'fast-check';
import type { ApiDocument, Schema } from './document.js';
import { resolveSchema } from './document.js';

/** Names and identifiers that are there, so that requests come past the first look. */
export interface Known {
  readonly federations: readonly string[];
  readonly clients: readonly string[];
  readonly baseModel: { readonly name: string; readonly digest: string };
  readonly events: readonly string[];
}

export const hostileText = fc.oneof(
  fc.constantFrom(
    "' OR '1'='1",
    '../../etc/passwd',
    '%00',
    '\0',
    '\u202e',
    '__proto__',
    'constructor',
    'null',
    '-1',
    '1e309',
    '9'.repeat(30),
    '0x10',
    'x'.repeat(5000),
    '${7*7}',
    '<script>alert(1)</script>',
    '\n\rSet-Cookie: a=b',
  ),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
);

/** Also objects whose keys are those of prototypes, deep ones, and numbers at the edges. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  fc.constantFrom(null, true, -0, 0, 1.5, -1, 2 ** 53, -(2 ** 53), 1e308, 5e-324, [], {}, [[]]),
  fc.constant(JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": {}}}')),
  fc.constant(JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)),
  fc.jsonValue(),
);

/** `name` is of the field or parameter: where something is known under it, that is used as well. */
export function fitting(document: ApiDocument, given: Schema, known: Known, name = ''): fc.Arbitrary<unknown> {
  const schema = resolveSchema(document, given);
  const there = knownValues(name, known);
  const made = madeOf(document, schema, known, name);
  const wanted = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return there.length > 0 && wanted === 'string'
    ? fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...there) }, made)
    : made;
}

function madeOf(document: ApiDocument, schema: Schema, known: Known, name: string): fc.Arbitrary<unknown> {
  const { type, anyOf, oneOf } = schema;
  const choices = anyOf ?? oneOf;
  if (choices) return fc.oneof(...choices.map((choice) => fitting(document, choice, known, name)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const types = Array.isArray(type) ? (type as readonly string[]) : [type as string | undefined];
  if (types.length > 1) {
    return fc.oneof(...types.map((one) => madeOf(document, { ...schema, type: one ?? 'null' }, known, name)));
  }
  switch (types[0]) {
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer(rangeOf(schema, 1));
    case 'number':
      return fc.double({ ...rangeOf(schema, 1e-6), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { items = {}, minItems = 0, maxItems = 6 } = schema;
      return fc.array(fitting(document, items, known, name), { minLength: minItems, maxLength: Math.min(maxItems, 6) });
    }
    case 'object': {
      const { properties = {}, required = [] } = schema;
      const fields = Object.entries(properties).map(([key, field]) => [key, fitting(document, field, known, key)]);
      return fc.record(Object.fromEntries(fields) as Record<string, fc.Arbitrary<unknown>>, {
        requiredKeys: [...required],
      });
    }
    default:
      return fc.jsonValue();
  }
}

function textOf({ pattern, format, minLength = 0, maxLength = 60 }: Schema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc.date({ noInvalidDate: true, min: new Date(0) }).map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({ minLength, maxLength: Math.min(maxLength, 60), unit: 'grapheme-ascii' });
}

function rangeOf(schema: Schema, step: number): { min: number; max: number } {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const min = minimum ?? (exclusiveMinimum === undefined ? -1000 : exclusiveMinimum + step);
  const max = maximum ?? (exclusiveMaximum === undefined ? 1000 : exclusiveMaximum - step);
  return { min: Math.max(min, -(2 ** 31)), max: Math.min(max, 2 ** 31 - 1) };
}

function knownValues(name: string, { federations, clients, baseModel, events }: Known): readonly string[] {
  switch (name) {
    case 'id':
      return federations;
    case 'clients':
    case 'client':
      return clients;
    case 'name':
      return [...clients, baseModel.name];
    case 'baseModel':
      return [baseModel.name];
    case 'digest':
      return [baseModel.digest];
    case 'asOf':
      return [...events, '1', '2'];
    default:
      return [];
  }
}
