/**
 * A federation's ETag is the version of its last event, in quotes. A change that names one under If-Match is made on that
 * version or not at all.
 */
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { map, type Observable } from 'rxjs';
import { ProblemException } from './problem.js';

export const ifMatchHeader = 'If-Match';
/** Quotes by number: generators put the pattern between quotes, and not all mask those in it. */
export const ifMatchPattern = /^(\*|\x22(\d{1,9})\x22)$/;

/** The version that there has to be, or any. */
export type VersionCondition = number | 'any';

/** Null where the request names no version. Throws a problem where it cannot be one. */
export function readIfMatch(request: Request): VersionCondition | null {
  const value = request.header(ifMatchHeader);
  if (value === undefined) return null;
  const [, tag, version] = ifMatchPattern.exec(value) ?? [];
  if (tag !== undefined) return version === undefined ? 'any' : Number(version);
  const errors = [{ field: ifMatchHeader, value, message: 'expected the ETag of a federation, such as "7", or *' }];
  throw new ProblemException('VALIDATION_FAILED', `${ifMatchHeader}: ${errors[0]?.message}`, { errors });
}

export function requireVersion(condition: VersionCondition | null, version: number): void {
  if (condition === null || condition === version || (condition === 'any' && version > 0)) return;
  const detail = `it is at version ${version}, and the request wants to change version ${condition}: read it again`;
  throw new ProblemException('VERSION_CHANGED', detail, { details: { version } });
}

/** Sends the `version` of a resource as its ETag. */
@Injectable()
export class EntityTagInterceptor implements NestInterceptor<{ version: number }> {
  intercept(context: ExecutionContext, next: CallHandler<{ version: number }>): Observable<{ version: number }> {
    const response = context.switchToHttp().getResponse<Response>();
    return next.handle().pipe(
      map((resource) => {
        response.setHeader('ETag', `"${resource.version}"`);
        return resource;
      }),
    );
  }
}
