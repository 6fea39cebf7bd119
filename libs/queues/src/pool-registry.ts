/**
 * Which pools of trainers ever got jobs: a job may lie in the queue of a pool whose last trainer has gone. Kept beside the queues
 * themselves, so that whatever wipes them wipes both.
 */
import type { QueueSettings } from './queue-settings.js';
import { readyQueue, type QueueOptions } from './ready-queue.js';

/** No job is ever taken from it: each record in it is a pool's. */
const name = 'pools';
/** BullMQ refuses identifiers that are integers, and a pool may be called "7". */
const prefix = 'pool.';

export interface PoolRegistry {
  add(pool: string): Promise<void>;
  list(): Promise<string[]>;
  close(): Promise<void>;
}

export async function openPoolRegistry(settings: QueueSettings, options: QueueOptions): Promise<PoolRegistry> {
  const queue = await readyQueue(settings, name, options);
  return {
    async add(pool) {
      await queue.add(name, {}, { jobId: prefix + pool });
    },
    async list() {
      const records = await queue.getJobs(['waiting'], 0, -1);
      return records.flatMap((record) => (record?.id?.startsWith(prefix) ? [record.id.slice(prefix.length)] : []));
    },
    async close() {
      await queue.close();
    },
  };
}
