import { listFederations } from '@fedamole/read-models';
import { mayKnow } from '../access/caller.js';
import { currentCaller } from '../commands/request-origin.js';
import type { Platform } from '../platform/platform.js';

/** Identifiers of those that run or are paused, as far as the caller may know of them. */
export async function openFederations({ projector, database }: Platform): Promise<string[]> {
  await projector.catchUp();
  const caller = currentCaller();
  const identifiers: string[] = [];
  for (const status of ['running', 'paused'] as const) {
    let after: string | undefined;
    do {
      const page = await listFederations(database.prisma, { status, limit: 100, after });
      const known = page.federations.filter(({ clients }) => clients.some((client) => mayKnow(caller, client)));
      identifiers.push(...known.map(({ id }) => id));
      after = page.next ?? undefined;
    } while (after !== undefined);
  }
  return identifiers;
}
