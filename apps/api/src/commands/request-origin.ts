/**
 * What the events of a command say of where it came from. A request from outside has a caller, an identifier and perhaps an
 * idempotency key and the version that it wants to change; they go with everything that is awaited while it is answered, so
 * that no service has to hand them on.
 */
import type { EventMetadata } from '@fedamole/event-store';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { Observable } from 'rxjs';
import { callerOf, printableHeader, requestIdHeader, requestIdOf, wrongHeader } from '../access/authentication.js';
import { actorMetadata, type Caller } from '../access/caller.js';
import {
  ifMatchHeader,
  ifMatchPattern,
  readIfMatch,
  requireVersion,
  type VersionCondition,
} from '../http/entity-tags.js';

interface RequestOrigin {
  readonly requestId: string;
  /** Null where the handler answers anybody. */
  readonly caller: Caller | null;
  /** One caller's own: the same word from another caller is another key. */
  readonly idempotencyKey: string | undefined;
  readonly condition: VersionCondition | null;
  /** Digest of method, path and body: what the key stands for. */
  readonly requestDigest: string;
}

const origins = new AsyncLocalStorage<RequestOrigin>();

const idempotencyHeader = 'Idempotency-Key';

/** Who asks for what is being answered; null where nobody does: the platform goes on by itself. */
export const currentCaller = (): Caller | null => origins.getStore()?.caller ?? null;

/** Throws a problem where the request under way wants to change another version of the stream than there is. */
export function requireRequestedVersion(version: number): void {
  requireVersion(origins.getStore()?.condition ?? null, version);
}

/** Metadata of a command that the request under way asks for; null where none does. */
export function originOfCommand(commandType: string): EventMetadata | null {
  const origin = origins.getStore();
  if (!origin) return null;
  const { requestId, caller, idempotencyKey, requestDigest } = origin;
  const metadata = { ...(caller ? actorMetadata(caller) : {}), correlationId: requestId };
  if (idempotencyKey === undefined) return metadata;
  return { ...metadata, idempotencyKey, commandDigest: sha256(`${requestDigest} ${commandType}`) };
}

@Injectable()
export class RequestOriginInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const { method, originalUrl } = request;
    const caller = callerOf(response);
    const origin = {
      requestId: requestIdOf(response),
      caller,
      idempotencyKey: readIdempotencyKey(request, caller),
      condition: readIfMatch(request),
      requestDigest: sha256(JSON.stringify([method, originalUrl, (request.body as unknown) ?? null])),
    };
    return new Observable((subscriber) => origins.run(origin, () => next.handle().subscribe(subscriber)));
  }
}

/** Requests that change something take their identifier and an idempotency key, those that change a federation its version. */
export function describeOriginHeaders(document: OpenAPIObject): OpenAPIObject {
  for (const [path, { post, delete: remove }] of Object.entries(document.paths)) {
    const described = {
      [idempotencyHeader]: 'Asking again with the same key and body changes nothing more.',
      [requestIdHeader]: 'Answered, logged, and kept in the events that the request leads to; made up when left out.',
      ...(/^\/v1\/federations\/\{id\}\/[a-z]+$/.test(path)
        ? { [ifMatchHeader]: 'ETag of the federation that is to be changed; refused where it has changed meanwhile.' }
        : {}),
    };
    for (const operation of [post, remove]) {
      if (operation) operation.parameters = [...(operation.parameters ?? []), ...headerParameters(described)];
    }
  }
  return document;
}

function headerParameters(described: Readonly<Record<string, string>>) {
  return Object.entries(described).map(([name, description]) => ({
    in: 'header' as const,
    name,
    description,
    required: false,
    schema: { type: 'string', pattern: name === ifMatchHeader ? ifMatchPattern.source : printableHeader.source },
  }));
}

function readIdempotencyKey(request: Request, caller: Caller | null): string | undefined {
  const given = request.header(idempotencyHeader);
  if (given === undefined) return undefined;
  if (!printableHeader.test(given)) throw wrongHeader(idempotencyHeader, given);
  return caller === null || caller.keyId === null ? given : `${caller.keyId}:${given}`;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
