import { CorruptArtifactError, MissingArtifactError } from '@fedamole/artifacts';
import { ModelFolderError } from '@fedamole/base-models';
import { ConcurrencyError, IdempotencyKeyReusedError, isDatabaseAway } from '@fedamole/event-store';
import { DomainError } from '@fedamole/federation';
import { RebuildRunningError } from '@fedamole/read-models';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException } from '@nestjs/common';
import type { Response } from 'express';
import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import { requestIdOf } from '../access/authentication.js';
import type { Problem } from './problem.js';
import { ProblemException } from './problem.js';
import { problemCodes, type ProblemCode } from './problem-codes.js';

type Refusal = Omit<Problem, 'requestId'>;

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const requestId = requestIdOf(response);
    const found: Problem = { ...refusalOf(error), requestId };
    if (found.status >= 500) this.logger.error({ err: error, requestId }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(found.status).type('application/problem+json').send(JSON.stringify(found));
  }
}

/** What an error becomes, but for the request that it is of. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof DomainError) return describe(error.code, error.message, { details: { ...error.details } });
  if (error instanceof ProblemException) return describe(error.code, error.message, error.extra);
  if (error instanceof ModelFolderError) return describe('BASE_MODEL_UNREADABLE', error.message);
  if (error instanceof CorruptArtifactError) return describe('ARTIFACT_CORRUPT', error.message);
  if (error instanceof MissingArtifactError) return describe('ARTIFACT_MISSING', error.message);
  if (error instanceof ConcurrencyError) return describe('CHANGED_MEANWHILE', error.message);
  if (error instanceof IdempotencyKeyReusedError) return describe('IDEMPOTENCY_KEY_REUSED', error.message);
  if (error instanceof RebuildRunningError) return describe('REBUILD_RUNNING', error.message);
  if (isDatabaseAway(error)) return describe('NOT_READY', 'cannot use: database');
  const code = error instanceof HttpException ? frameworkCodes.get(error.getStatus()) : undefined;
  if (code && error instanceof HttpException) return describe(code, error.message);
  return describe('INTERNAL_ERROR', 'something went wrong; the log of the api says what');
}

function describe(code: ProblemCode, detail: string, extra: Pick<Problem, 'errors' | 'details'> = {}): Refusal {
  const { status } = problemCodes[code];
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail, ...extra };
}

/** Refusals of the framework itself. */
const frameworkCodes = new Map<number, ProblemCode>([
  [400, 'MALFORMED_REQUEST'],
  [404, 'NO_SUCH_ROUTE'],
  [413, 'BODY_TOO_LARGE'],
  [415, 'MEDIA_TYPE_UNSUPPORTED'],
]);
