import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable } from '@nestjs/common';
import type { Request } from 'express';
import { loadFederation } from '../federations/loaded-federation.js';
import { byId } from '../http/path-parameters.js';
import { Platform } from '../platform/platform.js';

/**
 * Refuses to follow a federation that is not there. A handler of server-sent events could not: its answer has begun as a
 * success by the time that it knows.
 */
@Injectable()
export class KnownFederationGuard implements CanActivate {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const parameters = byId.safeParse(context.switchToHttp().getRequest<Request>().params);
    if (parameters.success) await loadFederation(this.platform.store, parameters.data.id);
    return true;
  }
}
