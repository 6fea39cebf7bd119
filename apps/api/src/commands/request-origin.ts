/**
 * What the events of a command say of where it came from. A request from outside brings its correlation id and its
 * idempotency key as headers, or is given a correlation id; they go with everything that is awaited while it is answered,
 * so that no service has to hand them on.
 */
import type { EventMetadata } from '@fedamole/event-store';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomUUID } from 'node:crypto';
import { Observable } from 'rxjs';
import { ProblemException } from '../http/problem.js';

interface RequestOrigin {
  readonly correlationId: string;
  readonly idempotencyKey: string | undefined;
  /** Digest of method, path and body: what the key stands for. */
  readonly requestDigest: string;
}

const origins = new AsyncLocalStorage<RequestOrigin>();

/** Names of the headers as they are documented; the correlation id is answered as well. */
export const originHeaders = { idempotencyKey: 'Idempotency-Key', correlationId: 'X-Correlation-Id' } as const;
const printable = /^[\x21-\x7e]{1,200}$/;

/** Metadata of a command that the request under way asks for; null where none does. */
export function originOfCommand(commandType: string): EventMetadata | null {
  const origin = origins.getStore();
  if (!origin) return null;
  const { correlationId, idempotencyKey, requestDigest } = origin;
  if (idempotencyKey === undefined) return { correlationId };
  return { correlationId, idempotencyKey, commandDigest: sha256(`${requestDigest} ${commandType}`) };
}

@Injectable()
export class RequestOriginInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const { method, originalUrl } = request;
    const origin = {
      correlationId: header(request, originHeaders.correlationId) ?? randomUUID(),
      idempotencyKey: header(request, originHeaders.idempotencyKey),
      requestDigest: sha256(JSON.stringify([method, originalUrl, (request.body as unknown) ?? null])),
    };
    context.switchToHttp().getResponse<Response>().setHeader(originHeaders.correlationId, origin.correlationId);
    return new Observable((subscriber) => origins.run(origin, () => next.handle().subscribe(subscriber)));
  }
}

/** Every request that changes something takes both headers. */
export function describeOriginHeaders(document: OpenAPIObject): OpenAPIObject {
  const descriptions = {
    [originHeaders.idempotencyKey]: 'Asking again with the same key and body changes nothing more.',
    [originHeaders.correlationId]: 'Goes into the events that the request leads to; one is made up when left out.',
  };
  const parameters = Object.entries(descriptions).map(([name, description]) => ({
    in: 'header' as const,
    name,
    description,
    required: false,
    schema: { type: 'string', pattern: printable.source },
  }));
  for (const { post } of Object.values(document.paths)) {
    if (post) post.parameters = [...(post.parameters ?? []), ...parameters];
  }
  return document;
}

function header(request: Request, name: string): string | undefined {
  const value = request.header(name);
  if (value === undefined || printable.test(value)) return value;
  const errors = [{ field: name, value, message: 'use 1 to 200 printable ASCII characters without spaces' }];
  throw new ProblemException(400, 'VALIDATION_FAILED', `${name}: ${errors[0]?.message}`, { errors });
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
