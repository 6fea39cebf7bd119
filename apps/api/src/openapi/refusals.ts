/** The errors of every operation: those that its handler names, and those that come before a handler is reached. */
import { ApiExtension } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { STATUS_CODES } from 'node:http';
import { problemCodes, type ProblemCode } from '../http/problem-codes.js';
import type { Problem } from '../http/problem.js';

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const extension = 'x-refusals';

/** What the handler may answer besides its success. */
export const Refuses = (...codes: ProblemCode[]): MethodDecorator & ClassDecorator => ApiExtension(extension, codes);

const ofEveryKey: ProblemCode[] = ['KEY_REQUIRED', 'KEY_INVALID', 'KEY_REVOKED', 'KEY_EXPIRED', 'SCOPE_INSUFFICIENT'];

/** Replaces what `Refuses` noted by responses, one per status, with an example of each code. */
export function describeRefusals(path: string, method: string, operation: Operation): void {
  const codes = new Set<ProblemCode>([
    ...(path.startsWith('/v1/') ? ofEveryKey : []),
    ...(Reflect.get(operation, extension) ?? ([] as ProblemCode[])),
    'VALIDATION_FAILED',
    'TOO_MANY_REQUESTS',
    'INTERNAL_ERROR',
    'NOT_READY',
    ...(method === 'post' ? (['IDEMPOTENCY_KEY_REUSED'] as const) : []),
    // Whatever comes with a body is read before anything else is looked at.
    'MALFORMED_REQUEST',
    'BODY_TOO_LARGE',
    'MEDIA_TYPE_UNSUPPORTED',
  ]);
  Reflect.deleteProperty(operation, extension);
  for (const [status, group] of byStatus(codes)) operation.responses[String(status)] = responseOf(group);
}

const statusOf = (code: ProblemCode): number => problemCodes[code].status;

function byStatus(codes: Iterable<ProblemCode>): Map<number, ProblemCode[]> {
  const groups = new Map<number, ProblemCode[]>();
  for (const code of codes) groups.set(statusOf(code), [...(groups.get(statusOf(code)) ?? []), code]);
  return groups;
}

function responseOf(codes: readonly ProblemCode[]): Operation['responses'][string] {
  const retry = { 'Retry-After': { description: 'Whole seconds.', schema: { type: 'integer' } } };
  return {
    description: codes.map((code) => `\`${code}\`: ${problemCodes[code].when}`).join(' '),
    ...(codes.includes('TOO_MANY_REQUESTS') ? { headers: retry } : {}),
    content: {
      'application/problem+json': {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: exampleOf(code) }])),
      },
    },
  };
}

function exampleOf(code: ProblemCode): Problem {
  const { status, example } = problemCodes[code];
  const errors = [{ field: 'name', value: 'No Name', message: 'Invalid input' }];
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    code,
    detail: example,
    requestId: '3c9b1a52-3f0e-4d7b-9a52-5a1c0f7c2f11',
    ...(code === 'VALIDATION_FAILED' ? { errors } : {}),
  };
}
