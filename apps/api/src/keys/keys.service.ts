import { Inject, Injectable } from '@nestjs/common';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import type { KeyRecord } from './api-keys.js';
import { ApiKeys } from './api-keys.js';
import type { KeyResource, MakeKeyBody, NewKeyResource } from './schemas.js';

@Injectable()
export class KeysService {
  private readonly keys: ApiKeys;

  constructor(@Inject(Platform) platform: Platform) {
    this.keys = new ApiKeys(platform.database.prisma);
  }

  async make({ scope, clients = [], description, expiresAt }: MakeKeyBody): Promise<NewKeyResource> {
    const expiry = expiresAt === undefined ? null : new Date(expiresAt);
    const { record, key } = await this.keys.make({
      scope,
      clients,
      description: description ?? null,
      expiresAt: expiry,
    });
    return { ...asResource(record), key };
  }

  async list(): Promise<KeyResource[]> {
    return (await this.keys.list()).map(asResource);
  }

  async revoke(id: string): Promise<KeyResource> {
    const revoked = await this.keys.revoke(id);
    if (!revoked) throw new ProblemException('KEY_NOT_FOUND', `there is no key "${id}"`);
    return asResource(revoked);
  }
}

const asResource = ({ clients, createdAt, lastUsedAt, expiresAt, revokedAt, ...record }: KeyRecord): KeyResource => ({
  id: record.id,
  scope: record.scope,
  clients: [...clients],
  description: record.description,
  createdAt: createdAt.toISOString(),
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
  expiresAt: expiresAt?.toISOString() ?? null,
  revokedAt: revokedAt?.toISOString() ?? null,
});
