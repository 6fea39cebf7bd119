/** Waiting for what other processes do. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks, and until waiting counts as failed: below Jest's limit, so that what runs is stopped. */
const interval = 50;
const patience = 200_000;

/** Looks until there is something else than null. Throws with `what` was waited for where that takes too long. */
export async function eventually<Found>(what: string, look: () => Promise<Found | null>): Promise<Found> {
  for (const deadline = Date.now() + patience; Date.now() < deadline; await sleep(interval)) {
    const found = await look();
    if (found !== null) return found;
  }
  throw new Error(`${what}: not within ${patience / 1000} s`);
}
