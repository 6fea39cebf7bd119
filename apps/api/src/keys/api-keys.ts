/** The keys of the API as they are stored: digests, never the keys. */
import type { PrismaClient } from '@fedamole/event-store';
import { timingSafeEqual } from 'node:crypto';
import type { Caller, Scope } from '../access/caller.js';
import { scopes } from '../access/caller.js';
import { hashOfKey, identifierOf, makeKey } from './key-format.js';

export interface KeyRecord {
  readonly id: string;
  readonly scope: Scope;
  readonly clients: readonly string[];
  readonly description: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
}

export interface KeyRequest {
  readonly scope: Scope;
  /** At least one for a site, none for other scopes. */
  readonly clients: readonly string[];
  readonly description: string | null;
  readonly expiresAt: Date | null;
}

export type Recognised =
  | { readonly kind: 'valid'; readonly caller: Caller }
  /** It was a key once; whoever has it is told so. */
  | { readonly kind: 'revoked' | 'expired'; readonly caller: Caller; readonly since: Date }
  | { readonly kind: 'unknown' };

/** Milliseconds between two records of a key's use. */
const useInterval = 60_000;

export class ApiKeys {
  constructor(private readonly prisma: PrismaClient) {}

  /** The only time that the key itself is told. */
  async make({ scope, clients, description, expiresAt }: KeyRequest): Promise<{ record: KeyRecord; key: string }> {
    const { id, key, hash } = makeKey(scope);
    const row = await this.prisma.apiKey.create({
      data: { id, hash, scope, clients: [...clients], description, expiresAt },
    });
    return { record: asRecord(row), key };
  }

  /** Newest first. */
  async list(): Promise<KeyRecord[]> {
    const rows = await this.prisma.apiKey.findMany({ orderBy: [{ createdAt: 'desc' }, { id: 'asc' }] });
    return rows.map(asRecord);
  }

  async find(id: string): Promise<KeyRecord | null> {
    const row = await this.prisma.apiKey.findUnique({ where: { id } });
    return row && asRecord(row);
  }

  /** Null where there is no such key; one that was revoked already stays as it was. */
  async revoke(id: string): Promise<KeyRecord | null> {
    await this.prisma.apiKey.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: new Date() } });
    return this.find(id);
  }

  async recognise(presented: string): Promise<Recognised> {
    const id = identifierOf(presented);
    const row = id === null ? null : await this.prisma.apiKey.findUnique({ where: { id } });
    if (!row || !timingSafeEqual(row.hash, hashOfKey(presented))) return { kind: 'unknown' };
    const record = asRecord(row);
    const caller = { ...record, keyId: record.id };
    const now = new Date();
    if (record.revokedAt) return { kind: 'revoked', caller, since: record.revokedAt };
    if (record.expiresAt && record.expiresAt <= now) return { kind: 'expired', caller, since: record.expiresAt };
    await this.recordUse(record, now);
    return { kind: 'valid', caller };
  }

  private async recordUse({ id, lastUsedAt }: KeyRecord, now: Date): Promise<void> {
    if (lastUsedAt && now.getTime() - lastUsedAt.getTime() < useInterval) return;
    await this.prisma.apiKey.updateMany({ where: { id }, data: { lastUsedAt: now } });
  }
}

function asRecord({
  hash: _hash,
  scope,
  ...row
}: Omit<KeyRecord, 'scope'> & { scope: string; hash: unknown }): KeyRecord {
  const known = scopes.find((one) => one === scope);
  if (!known) throw new Error(`key ${row.id} has the scope "${scope}", which this release does not know`);
  return { ...row, scope: known };
}
