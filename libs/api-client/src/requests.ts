/** Which parameters and body a request takes and what it is answered, as the OpenAPI document has it. */
import type { Operations } from './generated/operations.gen.js';

/** Method and path, such as `GET /v1/federations/{id}`. */
export type RequestName = keyof Operations;
export type Answer<Name extends RequestName> = Operations[Name]['answered'];

type Part<Name extends RequestName, Key extends 'path' | 'query' | 'body'> = Required<Operations[Name]['sent']>[Key];

/** Of a field that may be left out, undefined means that it is. */
type Loosely<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { [Key in keyof Value]: Loosely<Value[Key]> | (Value extends Required<Pick<Value, Key>> ? never : undefined) }
    : Value;

/** Numbers of an address may come as their text, as they do from a command line. */
type Textual<Parameters> = {
  [Key in keyof Parameters]: Parameters[Key] | (Extract<Parameters[Key], number> extends never ? never : string);
};

type PathPart<Name extends RequestName> =
  Part<Name, 'path'> extends never ? { path?: never } : { path: Textual<Part<Name, 'path'>> };
type QueryPart<Name extends RequestName> =
  Part<Name, 'query'> extends never ? { query?: never } : { query?: Loosely<Textual<Part<Name, 'query'>>> };
type BodyPart<Name extends RequestName> =
  Part<Name, 'body'> extends never ? { body?: never } : { body: Loosely<Part<Name, 'body'>> };

export type Sent<Name extends RequestName> = PathPart<Name> & QueryPart<Name> & BodyPart<Name>;

/** The same before it is checked against a request's types. */
export interface AnySent {
  readonly path?: Readonly<Record<string, string | number>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** The address of a request, with its parameters in place. */
export function addressOf(base: string, template: string, { path = {}, query = {} }: AnySent): URL {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ''));
  const address = new URL(filled, base);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) address.searchParams.set(name, String(value));
  }
  return address;
}
