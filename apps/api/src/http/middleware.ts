/** What every answer carries, and what is logged of every request. */
import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { RequestHandler } from 'express';
import { inSpan } from '@fedamole/services';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { callerOf, requestIdHeader, requestIdOf } from '../access/authentication.js';
import { actorOf } from '../access/caller.js';

/**
 * Helmet's, with a policy under which the Swagger page works: it brings its own scripts and styles, of which some are inline.
 * Whether it is reached over HTTPS is decided in front of it, so browsers are not told to insist on it.
 */
export const securityHeaders = (): RequestHandler =>
  helmet({
    strictTransportSecurity: false,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
  });

/** Pages of these origins may call the API; they send a key, never cookies. */
export const crossOrigin = (origins: readonly string[]): CorsOptions => ({
  origin: [...origins],
  methods: ['GET', 'POST', 'DELETE'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'Last-Event-ID', requestIdHeader],
  exposedHeaders: ['ETag', 'Retry-After', 'Content-Disposition', requestIdHeader],
  maxAge: 600,
});

/** A span for each request of the API, of the caller's own trace where it names one; changes are named by their route. */
export function traceRequests(): RequestHandler {
  return (request, response, next) => {
    if (!request.path.startsWith('/v1/')) return next();
    const { method } = request;
    const closed = new Promise<void>((resolve) => response.once('close', resolve));
    const options = {
      parent: request.header('traceparent'),
      kind: 'SERVER' as const,
      attributes: {
        'http.request.method': method,
        'url.path': request.path,
        'fedamole.request_id': requestIdOf(response),
      },
    };
    void inSpan(`${method} ${withoutNames(request.path)}`, options, () => {
      next();
      return closed;
    });
  };
}

/** The path with what differs from request to request left out. */
const withoutNames = (path: string): string =>
  path.replace(/^(\/v1\/[a-z-]+)\/[^/]+/, '$1/{id}').replace(/(\/\{id\}\/[a-z-]+)\/.+/, '$1/{name}');

/** Changes and refusals at `info`, reads at `debug`. Paths, never queries, headers or bodies. */
export function logRequests(logger: Logger): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    const { method, path } = request;
    response.once('close', () => {
      const caller = callerOf(response);
      const line = {
        requestId: requestIdOf(response),
        actor: caller && actorOf(caller),
        method,
        path,
        status: response.statusCode,
        milliseconds: Math.round(performance.now() - started),
      };
      if (response.statusCode >= 400 || method !== 'GET') logger.info(line, 'request');
      else logger.debug(line, 'request');
    });
    next();
  };
}
