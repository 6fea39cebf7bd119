/**
 * What happens to every request before anything else: it gets an identifier, its key is looked at, and it is counted. Whether
 * the caller may do what it asks for is decided later, by the AccessGuard.
 */
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { randomUUID } from 'node:crypto';
import { ProblemException } from '../http/problem.js';
import type { ApiKeys, Recognised } from '../keys/api-keys.js';
import { actorOf, anybody, type Caller } from './caller.js';
import { RateLimit } from './rate-limit.js';

export const requestIdHeader = 'X-Request-Id';
export const printableHeader = /^[\x21-\x7e]{1,200}$/;

/** What is known of who asks: a caller, or what is wrong with what was presented. */
export type Identity =
  | { readonly kind: 'none' }
  | Recognised
  /** An Authorization header that holds no bearer token. */
  | { readonly kind: 'malformed' };

interface Locals {
  requestId: string;
  identity: Identity;
}

export const requestIdOf = (response: Response): string => (response.locals as Partial<Locals>).requestId ?? '';
export const identityOf = (response: Response): Identity =>
  (response.locals as Partial<Locals>).identity ?? { kind: 'none' };

/** The caller, where its key is good; null for everybody else. */
export function callerOf(response: Response): Caller | null {
  const identity = identityOf(response);
  return identity.kind === 'valid' ? identity.caller : null;
}

export function nameRequests(): RequestHandler {
  return (request, response, next) => {
    const given = request.header(requestIdHeader);
    const usable = given === undefined || printableHeader.test(given);
    const requestId = given !== undefined && usable ? given : randomUUID();
    response.locals['requestId'] = requestId;
    response.setHeader(requestIdHeader, requestId);
    next(usable ? undefined : wrongHeader(requestIdHeader, given));
  };
}

/** With null for the keys everybody is let in as an operator. */
export function identifyCallers(keys: ApiKeys | null, requestsPerMinute: number): RequestHandler {
  const limit = new RateLimit(requestsPerMinute);
  const identify = async (request: Request, response: Response): Promise<void> => {
    const identity = keys === null ? ({ kind: 'valid', caller: anybody } as const) : await present(request, keys);
    response.locals['identity'] = identity;
    const who = identity.kind === 'valid' && keys !== null ? actorOf(identity.caller) : `address:${request.ip}`;
    const seconds = limit.take(who, performance.now());
    if (seconds === 0) return;
    response.setHeader('Retry-After', String(seconds));
    throw new ProblemException('TOO_MANY_REQUESTS', `at most ${requestsPerMinute} requests a minute are answered`);
  };
  return (request: Request, response: Response, next: NextFunction) => {
    identify(request, response).then(() => next(), next);
  };
}

async function present(request: Request, keys: ApiKeys): Promise<Identity> {
  const authorization = request.header('Authorization');
  if (authorization === undefined) return { kind: 'none' };
  const token = /^Bearer ([\x21-\x7e]{1,500})$/i.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed' } : keys.recognise(token);
}

export function wrongHeader(name: string, value: unknown): ProblemException {
  const errors = [{ field: name, value, message: 'use 1 to 200 printable ASCII characters without spaces' }];
  return new ProblemException('VALIDATION_FAILED', `${name}: ${errors[0]?.message}`, { errors });
}
