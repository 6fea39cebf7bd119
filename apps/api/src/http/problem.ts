/** Errors as RFC 9457 problem details. `code` is stable and for programs; `detail` is for people. */
import { HttpException } from '@nestjs/common';
import { z } from 'zod';
import { problemCodes, type ProblemCode } from './problem-codes.js';

export const wrongField = z
  .strictObject({
    field: z.string().describe('Path of the field, such as `configuration.rank`.'),
    value: z.unknown().optional().describe('What was given; absent where nothing was.'),
    message: z.string().describe('What is accepted.'),
  })
  .meta({ title: 'WrongField' });
export type WrongField = z.infer<typeof wrongField>;

export const problem = z.strictObject({
  type: z.string().describe('Always `about:blank`: the code tells problems apart.'),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  requestId: z.string().describe('What the log and the audit call the request; also in X-Request-Id.'),
  errors: z.array(wrongField).optional().describe('Every field that was refused.'),
  details: z.record(z.string(), z.unknown()).optional().describe('What a program can use, by code.'),
});
export type Problem = z.infer<typeof problem>;

/** A problem of the API's own: something is not there, or does not fit. */
export class ProblemException extends HttpException {
  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly extra: Pick<Problem, 'errors' | 'details'> = {},
  ) {
    super(detail, problemCodes[code].status);
  }
}
