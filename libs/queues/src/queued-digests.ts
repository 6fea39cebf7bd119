import type { PlatformQueue } from './bullmq-connection.js';

/** In the order of a job's life: one that moves on while the queue is read is met again, not missed. */
const states = ['delayed', 'prioritized', 'waiting', 'active', 'completed', 'failed'] as const;

/** Every text that is a SHA-256 digest (64 lower-case hexadecimal digits) in a payload, a result or a job's progress. */
export async function queuedDigests(queue: PlatformQueue): Promise<Set<string>> {
  const named = new Set<string>();
  for (const state of states) {
    for (const job of await queue.getJobs([state], 0, -1)) {
      const text = JSON.stringify([job?.data ?? null, job?.progress ?? null, job?.returnvalue ?? null]);
      for (const [, digest] of text.matchAll(/"([0-9a-f]{64})"/g)) if (digest !== undefined) named.add(digest);
    }
  }
  return named;
}
