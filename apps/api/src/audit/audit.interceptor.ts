/** Writes down every request that may change something, before it is answered. */
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { Request, Response } from 'express';
import { catchError, concatMap, type Observable } from 'rxjs';
import { callerOf, requestIdOf } from '../access/authentication.js';
import type { Caller } from '../access/caller.js';
import { refusalOf } from '../http/problem.filter.js';
import type { AuditedRequest, AuditTrail } from './audit-trail.js';

@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(private readonly trail: AuditTrail) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const response = context.switchToHttp().getResponse<Response>();
    const caller = callerOf(response);
    if (caller === null || !changesSomething(context)) return next.handle();
    const complete = await this.trail.begin(describeRequest(context, caller));
    return next.handle().pipe(
      concatMap(async (body: unknown) => {
        await complete({ status: response.statusCode, code: null });
        return body;
      }),
      catchError(async (error: unknown) => {
        const { status, code } = refusalOf(error);
        await complete({ status, code });
        throw error;
      }),
    );
  }
}

export function changesSomething(context: ExecutionContext): boolean {
  return !['GET', 'HEAD'].includes(context.switchToHttp().getRequest<Request>().method);
}

export function describeRequest(context: ExecutionContext, caller: Caller): AuditedRequest {
  const { method, path } = context.switchToHttp().getRequest<Request>();
  const requestId = requestIdOf(context.switchToHttp().getResponse<Response>());
  return { requestId, caller, action: context.getHandler().name, target: `${method} ${path}` };
}
