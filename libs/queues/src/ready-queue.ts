import { bullmqQueue, type PlatformQueue } from './bullmq-connection.js';
import type { QueueSettings } from './queue-settings.js';

export interface QueueOptions {
  /** Lets it create or upgrade the Postgres schema; only the api does. */
  migrate?: boolean;
  /** Connection errors between calls; calls themselves throw. */
  onError: (error: Error) => void;
}

/** Resolves when it is connected; rejects, with nothing left open, where it cannot be. */
export async function readyQueue(
  settings: QueueSettings,
  name: string,
  { migrate = false, onError }: QueueOptions,
): Promise<PlatformQueue> {
  const queue = bullmqQueue(settings, name, migrate);
  queue.on('error', onError);
  try {
    await queue.waitUntilReady();
  } catch (error) {
    await queue.close();
    throw error;
  }
  return queue;
}
