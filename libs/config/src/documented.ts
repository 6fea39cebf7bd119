/** What people are told of a variable, beside the definition of what it may be: docs/settings.md is written from it. */
import { z } from 'zod';

export interface Documentation {
  /** In Markdown, without a full stop. */
  readonly meaning: string;
  /** In Markdown, as the table shows it. */
  readonly byDefault: string;
}

const documentation = z.registry<Documentation>();

/** Comes last: a schema that is made of this one knows nothing of it. */
export function documented<Schema extends z.ZodType>(schema: Schema, meaning: string, byDefault: string): Schema {
  documentation.add(schema, { meaning, byDefault });
  return schema;
}

/** Undefined where nobody documented it. */
export const documentationOf = (schema: z.ZodType): Documentation | undefined => documentation.get(schema);
