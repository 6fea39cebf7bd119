/** A worker's side: says that it lives and what it can, until it is told to stop. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { QueueSettings } from '../queue-settings.js';
import { readyQueue } from '../ready-queue.js';
import { workersQueueName, type Announcement } from './announcement.js';

/** Milliseconds between two signs of life. */
const interval = 2000;

export interface Announcer {
  /** `<kind>.<host>.<eight digits>`, as long as the process lives. */
  readonly id: string;
  /** Takes the record away: whoever reads sees at once that the worker has gone. */
  close(): Promise<void>;
}

/**
 * Resolves when the first sign is there. Where the queue is away later, `onError` is told and the next sign is tried in its
 * turn; a record that was wiped is made again.
 */
export async function announceWorker(
  settings: QueueSettings,
  describe: () => Announcement,
  onError: (error: Error) => void,
): Promise<Announcer> {
  const queue = await readyQueue(settings, workersQueueName, { onError });
  const id = `${describe().kind}.${hostname().replaceAll(':', '-')}.${randomUUID().slice(0, 8)}`;
  let beat = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;

  const sign = async (): Promise<void> => {
    const data = { beat: ++beat, announcement: describe() };
    const job = await queue.getJob(id);
    if (job) await job.updateData(data);
    else await queue.add(workersQueueName, data, { jobId: id });
  };
  const repeat = (): Promise<void> =>
    sign()
      .catch((error: unknown) => onError(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        if (!ended) timer = setTimeout(() => (signing = repeat()), interval);
      });

  try {
    await sign();
  } catch (error) {
    await queue.close();
    throw error;
  }
  let signing = Promise.resolve();
  timer = setTimeout(() => (signing = repeat()), interval);
  return {
    id,
    async close() {
      ended = true;
      clearTimeout(timer);
      await signing;
      try {
        await queue.remove(id);
      } catch (error) {
        // its signs end all the same
        onError(error instanceof Error ? error : new Error(String(error)));
      }
      await queue.close();
    },
  };
}
