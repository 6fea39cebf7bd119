/** What people are told of a variable, beside the definition of what it may be: docs/settings.md is written from it. */
import type { z } from 'zod';

export interface Documentation {
  /** In Markdown, as the table shows it. */
  readonly meaning: string;
  readonly byDefault: string;
}

/** A shape's own entry: one definition may be that of several variables. */
export type Documented<Schema extends z.ZodType> = Schema & { readonly documentation: Documentation };

/** Comes last: a schema that is made of this one is not documented. */
export function documented<Schema extends z.ZodType>(
  schema: Schema,
  meaning: string,
  byDefault: string,
): Documented<Schema> {
  const copy: Schema = schema.clone();
  return Object.assign(copy, { documentation: { meaning, byDefault } });
}
