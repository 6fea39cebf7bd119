import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { WrongField } from './problem.js';
import { ProblemException } from './problem.js';

type Schema = NonNullable<ArgumentMetadata['schema']>;
type Outcome = Awaited<ReturnType<Schema['~standard']['validate']>>;
type Issue = NonNullable<Outcome['issues']>[number];

/**
 * Validates bodies, queries and path parameters, and answers with every wrong field, its value and what is accepted.
 * (Nest's own pipe tells its exceptions nothing of the value.)
 */
@Injectable()
export class ValidationPipe implements PipeTransform<unknown, Promise<unknown>> {
  async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { schema } = metadata;
    if (!schema) return value;
    const outcome = await schema['~standard'].validate(value);
    if (!outcome.issues) return outcome.value;
    const errors = wrongFieldsOf(outcome.issues, value);
    const detail = errors.map(({ field, message }) => `${field}: ${message}`).join('; ');
    throw new ProblemException('VALIDATION_FAILED', detail, { errors });
  }
}

/** Every field of `root` that a schema refused. */
export const wrongFieldsOf = (issues: readonly Issue[], root: unknown): WrongField[] =>
  issues.flatMap((issue) => wrongFields(issue, root));

function wrongFields(issue: Issue, root: unknown): WrongField[] {
  const path = (issue.path ?? []).map((part) => (typeof part === 'object' ? part.key : part));
  // A field that nobody knows is reported at the object that holds it.
  if ('keys' in issue && Array.isArray(issue.keys)) {
    return issue.keys.map((key) => fieldAt([...path, String(key)], root, 'there is no such field'));
  }
  return [fieldAt(path, root, issue.message)];
}

function fieldAt(path: readonly PropertyKey[], root: unknown, message: string): WrongField {
  let value = root;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  return { field: path.map(String).join('.') || 'body', message, value };
}
