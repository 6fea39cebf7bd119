import { assertSchemaCompatibility } from 'bullmq';
import pg from 'pg';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueSettings } from './queue-settings.js';

/** Milliseconds between two looks. */
const interval = 1000;

/**
 * Waits until the queue's tables exist: workers may start before the api, which alone creates them, and before
 * Postgres itself. (BullMQ remembers a failed first connection for good.) Redis needs no waiting: its client does that.
 * `onWaiting` is told why, once a second. Rejects when `signal` is aborted.
 */
export async function waitForSchema(
  settings: QueueSettings,
  onWaiting: (reason: Error) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (settings.backend === 'redis') return;
  for (;;) {
    signal?.throwIfAborted();
    const client = new pg.Client({ connectionString: settings.connectionString });
    client.on('error', onWaiting);
    try {
      await client.connect();
      await assertSchemaCompatibility(client, settings.schema);
      return;
    } catch (error) {
      onWaiting(error instanceof Error ? error : new Error(String(error)));
    } finally {
      await client.end();
    }
    await sleep(interval, undefined, signal ? { signal } : {});
  }
}
