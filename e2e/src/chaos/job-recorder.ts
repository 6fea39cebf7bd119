/** Remembers the jobs of a federation while they are in the queue, for outcomes that are delivered again. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueuedJob, QueueInside } from './queue-inside.js';

/** Milliseconds between two looks. */
const interval = 50;

export interface JobRecorder {
  /** In the order in which they were first seen. */
  seen(): QueuedJob[];
  end(): Promise<void>;
}

export function recordJobs(queue: QueueInside): JobRecorder {
  const found = new Map<string, QueuedJob>();
  let ending = false;
  const recording = (async () => {
    while (!ending) {
      // A queue that was killed is back soon.
      for (const job of await queue.jobs().catch(() => [])) if (!found.has(job.id)) found.set(job.id, job);
      await sleep(interval);
    }
  })();
  return {
    seen: () => [...found.values()],
    async end() {
      ending = true;
      await recording;
    },
  };
}
