import { CorruptArtifactError, MissingArtifactError } from '@fedamole/artifacts';
import { ModelFolderError } from '@fedamole/base-models';
import { ConcurrencyError, IdempotencyKeyReusedError } from '@fedamole/event-store';
import type { DomainErrorCode } from '@fedamole/federation';
import { DomainError } from '@fedamole/federation';
import { RebuildRunningError } from '@fedamole/read-models';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException } from '@nestjs/common';
import type { Response } from 'express';
import { STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';
import type { Problem } from './problem.js';
import { ProblemException } from './problem.js';

/** The domain knows no HTTP: this is the one place where a refusal becomes a status. */
const statusOfRefusal: Record<DomainErrorCode, number> = {
  BASE_MODEL_CONFLICT: 409,
  CLIENT_CONFLICT: 409,
  CLIENT_NOT_IN_FEDERATION: 404,
  CLIENTS_NOT_DISTINCT: 400,
  CONFIGURATION_CONFLICT: 422,
  FEDERATION_ALREADY_EXISTS: 409,
  FEDERATION_ALREADY_FINISHED: 409,
  FEDERATION_INFEASIBLE: 422,
  NO_ROOM_FOR_PROMPTS: 422,
  FEDERATION_NOT_FOUND: 404,
  FEDERATION_NOT_RUNNING: 409,
  FEDERATION_PAUSED: 409,
  LAST_CLIENT: 409,
  RESULT_REFUSED: 422,
  ROUND_ALREADY_CLOSED: 409,
  ROUND_NOT_STARTED: 409,
  ROUND_WITHOUT_POOL: 409,
};

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const found = problemOf(error);
    if (found.status >= 500) this.logger.error({ err: error }, 'request failed');
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(found.status).type('application/problem+json').send(JSON.stringify(found));
  }
}

function problemOf(error: unknown): Problem {
  if (error instanceof DomainError) {
    return describe(statusOfRefusal[error.code], error.code, error.message, { details: { ...error.details } });
  }
  if (error instanceof ProblemException) return describe(error.getStatus(), error.code, error.message, error.extra);
  if (error instanceof ModelFolderError) return describe(422, 'BASE_MODEL_UNREADABLE', error.message);
  if (error instanceof CorruptArtifactError) return describe(500, 'ARTIFACT_CORRUPT', error.message);
  if (error instanceof MissingArtifactError) return describe(404, 'ARTIFACT_MISSING', error.message);
  if (error instanceof ConcurrencyError) return describe(409, 'CHANGED_MEANWHILE', error.message);
  if (error instanceof IdempotencyKeyReusedError) return describe(422, 'IDEMPOTENCY_KEY_REUSED', error.message);
  if (error instanceof RebuildRunningError) return describe(409, 'REBUILD_RUNNING', error.message);
  if (error instanceof HttpException) {
    const status = error.getStatus();
    return describe(status, frameworkCode(status), error.message);
  }
  return describe(500, 'INTERNAL_ERROR', 'something went wrong; the log of the api says what');
}

function describe(
  status: number,
  code: string,
  detail: string,
  extra: Pick<Problem, 'errors' | 'details'> = {},
): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, code, detail, ...extra };
}

/** Refusals of the framework itself: no such route, a body that is no JSON or too large. */
function frameworkCode(status: number): string {
  switch (status) {
    case 400:
      return 'MALFORMED_REQUEST';
    case 404:
      return 'NO_SUCH_ROUTE';
    case 413:
      return 'BODY_TOO_LARGE';
    default:
      return `HTTP_${status}`;
  }
}
