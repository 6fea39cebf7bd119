/**
 * Who asked for a change, and what came of it. An entry is written before anything is done, and completed afterwards: whatever
 * was changed was announced here, even where the api ended amid it. Its request's identifier is the correlation id of the
 * events that followed, whose hash chain shows whether somebody changed them later.
 */
import type { Prisma, PrismaClient } from '@fedamole/event-store';
import type { KeyRecord } from '../keys/api-keys.js';
import { actorOf, type Caller } from '../access/caller.js';
import type { AuditFilter, AuditPage, AuditResource } from './schemas.js';

export interface AuditedRequest {
  readonly requestId: string;
  readonly caller: Caller;
  /** Operation of the API's document. */
  readonly action: string;
  /** Method and path. */
  readonly target: string;
}

export interface Outcome {
  readonly status: number;
  /** The problem's code, where it was refused. */
  readonly code: string | null;
}

const defaultLimit = 50;

export class AuditTrail {
  constructor(private readonly prisma: PrismaClient) {}

  /** Returns what completes the entry. */
  async begin(request: AuditedRequest): Promise<(outcome: Outcome) => Promise<void>> {
    const { id } = await this.add(request, null);
    return async (outcome) => void (await this.prisma.auditEntry.update({ where: { id }, data: outcome }));
  }

  /** Of a request that was refused before anything was done. */
  async recordRefusal(request: AuditedRequest, outcome: Outcome): Promise<void> {
    await this.add(request, outcome);
  }

  /** A key that was made on the command line, by whoever may write to the database. */
  async recordMadeByCommand({ id, description }: KeyRecord): Promise<void> {
    const entry = { requestId: '', actor: 'command-line', actorDescription: description, action: 'makeKey' };
    await this.prisma.auditEntry.create({ data: { ...entry, target: `make-key ${id}`, status: 201 } });
  }

  /** Newest first. */
  async list(filter: AuditFilter): Promise<AuditPage> {
    const { actor, action, outcome, requestId, since, until, after, limit = defaultLimit } = filter;
    const where: Prisma.AuditEntryWhereInput = {
      ...(actor === undefined ? {} : { actor }),
      ...(action === undefined ? {} : { action }),
      ...(requestId === undefined ? {} : { requestId }),
      ...(outcome === undefined ? {} : statuses[outcome]),
      at: { ...(since === undefined ? {} : { gte: since }), ...(until === undefined ? {} : { lt: until }) },
      ...(after === undefined ? {} : { id: { lt: BigInt(after) } }),
    };
    const rows = await this.prisma.auditEntry.findMany({ where, orderBy: { id: 'desc' }, take: limit + 1 });
    const entries = rows.slice(0, limit).map(asResource);
    return { entries, next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null };
  }

  private add({ requestId, caller, action, target }: AuditedRequest, outcome: Outcome | null): Promise<{ id: bigint }> {
    const actor = { actor: actorOf(caller), actorDescription: caller.description };
    return this.prisma.auditEntry.create({ data: { requestId, ...actor, action, target, ...outcome } });
  }
}

const statuses = {
  done: { status: { lt: 400 } },
  refused: { status: { gte: 400, lt: 500 } },
  failed: { status: { gte: 500 } },
  unknown: { status: null },
} satisfies Record<NonNullable<AuditFilter['outcome']>, Prisma.AuditEntryWhereInput>;

type Row = Prisma.AuditEntryGetPayload<object>;

const asResource = ({
  id,
  at,
  requestId,
  actor,
  actorDescription,
  action,
  target,
  status,
  code,
}: Row): AuditResource => ({
  id: String(id),
  at: at.toISOString(),
  requestId,
  actor,
  actorDescription,
  action,
  target,
  status,
  code,
});
