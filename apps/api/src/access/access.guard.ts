/**
 * Who may do what. Unless a handler says otherwise, operators may do everything, viewers may read, and sites may do nothing:
 * what is opened to sites has to leave out everything of other sites' clients.
 */
import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { applyDecorators, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { describeRequest } from '../audit/audit.interceptor.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import { ProblemException } from '../http/problem.js';
import { identityOf } from './authentication.js';
import { scopes, type Caller, type Scope } from './caller.js';

const scopesKey = 'access:scopes';
const publicKey = 'access:public';
/** Under which the document tells the scopes. */
export const scopesExtension = 'x-scopes';

/** Answers anybody, without a key. */
export const Public = () => applyDecorators(SetMetadata(publicKey, true), ApiSecurity({}));

export const OpenTo = (...allowed: Scope[]) =>
  applyDecorators(SetMetadata(scopesKey, allowed), ApiExtension(scopesExtension, allowed));

/** What a handler of that method is open to unless it says more. */
export const scopesByDefault = (method: string): readonly Scope[] =>
  ['GET', 'HEAD'].includes(method.toUpperCase()) ? ['operator', 'viewer'] : ['operator'];

@Injectable()
export class AccessGuard implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(private readonly trail: AuditTrail) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const places = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(publicKey, places)) return true;
    const { method } = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const identity = identityOf(response);
    if (identity.kind !== 'valid') {
      response.setHeader('WWW-Authenticate', 'Bearer');
      throw await this.refuse(context, 'caller' in identity ? identity.caller : null, unauthenticated(identity));
    }
    const allowed = this.reflector.getAllAndOverride<Scope[] | undefined>(scopesKey, places) ?? scopesByDefault(method);
    const { scope } = identity.caller;
    if (allowed.includes(scope)) return true;
    const needed = scopes.filter((one) => allowed.includes(one)).join(' or ');
    const detail = `this needs a key of scope ${needed}; yours is ${scope}`;
    throw await this.refuse(context, identity.caller, new ProblemException('SCOPE_INSUFFICIENT', detail));
  }

  /** Written down only where somebody has, or had, a key: whoever has none could fill the disk. */
  private async refuse(
    context: ExecutionContext,
    caller: Caller | null,
    refusal: ProblemException,
  ): Promise<ProblemException> {
    const outcome = { status: refusal.getStatus(), code: refusal.code };
    if (caller !== null) await this.trail.recordRefusal(describeRequest(context, caller), outcome);
    return refusal;
  }
}

function unauthenticated(identity: Exclude<ReturnType<typeof identityOf>, { kind: 'valid' }>): ProblemException {
  const expected = 'send "Authorization: Bearer <key>"';
  switch (identity.kind) {
    case 'none':
      return new ProblemException('KEY_REQUIRED', `a key is needed: ${expected}`);
    case 'malformed':
      return new ProblemException('KEY_INVALID', `the Authorization header holds no key: ${expected}`);
    case 'unknown':
      return new ProblemException('KEY_INVALID', 'there is no such key');
    case 'revoked':
      return new ProblemException('KEY_REVOKED', `the key was revoked at ${identity.since.toISOString()}`);
    case 'expired':
      return new ProblemException('KEY_EXPIRED', `the key expired at ${identity.since.toISOString()}`);
  }
}
