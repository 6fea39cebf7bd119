import type { PlatformQueue } from './bullmq-connection.js';

export interface QueueLoad {
  /** Delayed jobs wait for another attempt, or for storage; ended ones for their outcome to be recorded. */
  readonly jobs: Readonly<Record<'waiting' | 'delayed' | 'running' | 'completed' | 'failed', number>>;
  /** When the longest waiting job that no worker holds was added, in milliseconds since 1970; null where none waits. */
  readonly oldestAddedAt: number | null;
}

export async function queueLoad(queue: PlatformQueue): Promise<QueueLoad> {
  const counts = await queue.getJobCounts('waiting', 'delayed', 'active', 'completed', 'failed');
  const first = await Promise.all([queue.getJobs(['waiting'], 0, 0, true), queue.getJobs(['delayed'], 0, 0, true)]);
  // a job may be taken between the look at the list and the look at the job
  const added = first.flat().flatMap((job) => (job ? [job.timestamp] : []));
  const count = (state: string): number => counts[state] ?? 0;
  return {
    jobs: {
      waiting: count('waiting'),
      delayed: count('delayed'),
      running: count('active'),
      completed: count('completed'),
      failed: count('failed'),
    },
    oldestAddedAt: added.length === 0 ? null : Math.min(...added),
  };
}
