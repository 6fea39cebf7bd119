import type { FederationStatus } from '@fedamole/federation';
import { listFederations, type FederationSummary } from '@fedamole/read-models';
import type { Platform } from '../platform/platform.js';

/** Every federation of that status, however many there are. */
export async function allFederations(
  { projector, database }: Pick<Platform, 'projector' | 'database'>,
  status: FederationStatus,
): Promise<FederationSummary[]> {
  await projector.catchUp();
  const all: FederationSummary[] = [];
  let after: string | undefined;
  do {
    const page = await listFederations(database.prisma, { status, limit: 100, after });
    all.push(...page.federations);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return all;
}
