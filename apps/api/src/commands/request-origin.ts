/**
 * What the events of a command say of where it came from. A request from outside has a caller, an identifier and perhaps an
 * idempotency key and the version that it wants to change; they go with everything that is awaited while it is answered, so
 * that no service has to hand them on.
 */
import type { EventMetadata } from '@fedamole/event-store';
import { currentTraceparent } from '@fedamole/services';
import type { OpenAPIObject } from '@nestjs/swagger';
import type { Request, RequestHandler } from 'express';
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
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
  readonly request: Request;
  readonly requestId: string;
  /** Null where nobody said who they are: they come to no handler but those that answer anybody. */
  readonly caller: Caller | null;
  /** One caller's own: the same word from another caller is another key. */
  readonly idempotencyKey: string | undefined;
  readonly condition: VersionCondition | null;
}

const origins = new AsyncLocalStorage<RequestOrigin>();

const idempotencyHeader = 'Idempotency-Key';

/** Who asks for what is being answered. Throws where nobody does: what is shown depends on who sees it. */
export function currentCaller(): Caller {
  const caller = origins.getStore()?.caller;
  if (!caller) throw new Error('nobody is known to have asked for this');
  return caller;
}

/** Throws a problem where the request under way wants to change another version of the stream than there is. */
export function requireRequestedVersion(version: number): void {
  requireVersion(origins.getStore()?.condition ?? null, version);
}

/** What the request under way is called so that it is carried out once; null where it has no idempotency key. */
export function currentIdempotency(): { readonly key: string; readonly requestDigest: string } | null {
  const origin = origins.getStore();
  if (origin?.idempotencyKey === undefined) return null;
  return { key: origin.idempotencyKey, requestDigest: digestOf(origin.request) };
}

/** Metadata of a command that the request under way asks for; null where none does. */
export function originOfCommand(commandType: string): EventMetadata | null {
  const origin = origins.getStore();
  if (!origin) return null;
  const { requestId, caller, idempotencyKey, request } = origin;
  const traceparent = currentTraceparent();
  const metadata = {
    ...(caller ? actorMetadata(caller) : {}),
    correlationId: requestId,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  if (idempotencyKey === undefined) return metadata;
  return { ...metadata, idempotencyKey, commandDigest: sha256(`${digestOf(request)} ${commandType}`) };
}

/** Comes after those that name the request and its caller. */
export function carryOrigin(): RequestHandler {
  return (request, response, next) => {
    const caller = callerOf(response);
    const idempotencyKey = readIdempotencyKey(request, caller);
    const origin = {
      request,
      requestId: requestIdOf(response),
      caller,
      idempotencyKey,
      condition: readIfMatch(request),
    };
    origins.run(origin, next);
  };
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

/** Method, path and body: what an idempotency key stands for. */
const digestOf = ({ method, originalUrl, body }: Request): string =>
  sha256(JSON.stringify([method, originalUrl, (body as unknown) ?? null]));

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
