/** Many jobs at once: a federation of a thousand clients has a thousand jobs a round. */
import type { JobsOptions } from 'bullmq';
import type { PlatformQueue } from './bullmq-connection.js';

/** Jobs in one call: large enough that the way there no longer counts, small enough that nobody waits behind it. */
const batchSize = 200;

export async function addInBatches(
  queue: PlatformQueue,
  name: string,
  jobs: readonly { readonly id: string; readonly payload: object }[],
  optionsOf: (id: string, payload: object) => JobsOptions,
): Promise<void> {
  for (const batch of batches(jobs)) {
    await queue.addBulk(batch.map(({ id, payload }) => ({ name, data: payload, opts: optionsOf(id, payload) })));
  }
}

/** As BullMQ names them; "unknown" where there is no such job. */
export async function statesOf(queue: PlatformQueue, ids: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const batch of batches(ids)) {
    const states = await Promise.all(batch.map((id) => queue.getJobState(id)));
    batch.forEach((id, index) => found.set(id, states[index] ?? 'unknown'));
  }
  return found;
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let first = 0; first < items.length; first += batchSize) yield items.slice(first, first + batchSize);
}
