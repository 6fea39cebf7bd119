import type { PrismaClient } from '@fedamole/event-store';
import type { FederationStatus } from '@fedamole/federation';
import { federationStatuses } from '@fedamole/federation';
import { z } from 'zod';

export interface FederationSummary {
  id: string;
  name: string;
  status: FederationStatus;
  reason: string | null;
  baseModel: string;
  clients: string[];
  round: number;
  rounds: number;
  /** Means over the clients that measured it, 0 to 1; null until a round has closed. */
  baselineRougeL: number | null;
  lastRougeL: number | null;
  bestRougeL: number | null;
  baselineAccuracy: number | null;
  lastAccuracy: number | null;
  bestAccuracy: number | null;
  /** Mean over all clients of ROUGE-L, or of choice accuracy where nothing is generated: what makes a round the best. */
  bestScore: number | null;
  bestRound: number | null;
  createdAt: Date;
  finishedAt: Date | null;
}

export interface FederationPage {
  federations: FederationSummary[];
  /** The `after` of the next page; null where this is the last one. */
  next: string | null;
}

/**
 * Federations, newest first; `after` is the identifier of the last one that the caller has seen. With `takingPart` only those
 * in which at least one of these clients takes part.
 */
export async function listFederations(
  prisma: PrismaClient,
  {
    status,
    limit,
    after,
    takingPart,
  }: {
    status?: FederationStatus | undefined;
    limit: number;
    after?: string | undefined;
    takingPart?: readonly string[] | undefined;
  },
): Promise<FederationPage> {
  const visible = takingPart ? { clients: { hasSome: [...takingPart] } } : {};
  const seen = after === undefined ? null : await prisma.federationView.findFirst({ where: { id: after, ...visible } });
  if (after !== undefined && !seen) return { federations: [], next: null };
  const rows = await prisma.federationView.findMany({
    where: {
      ...(status ? { status } : {}),
      ...visible,
      ...(seen ? { position: { lt: seen.position } } : {}),
    },
    orderBy: { position: 'desc' },
    take: limit + 1,
  });
  const federations = rows.slice(0, limit).map(({ position: _position, ...row }) => ({
    ...row,
    status: z.enum(federationStatuses).parse(row.status),
  }));
  return { federations, next: rows.length > limit ? (federations.at(-1)?.id ?? null) : null };
}
