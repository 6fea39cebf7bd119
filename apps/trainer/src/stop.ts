import { setTimeout as sleep } from 'node:timers/promises';

/** Seconds that a step and the storing of a checkpoint may take after the time for a job's end is over. */
export const LAST_STEP_SECONDS = 20;

/** Whether the work ended within so many seconds; it is left to itself otherwise. */
export async function endsWithin(work: Promise<void>, seconds: number): Promise<boolean> {
  const over = new AbortController();
  const tooLate = sleep(seconds * 1000, false, { signal: over.signal }).catch(() => true);
  try {
    return await Promise.race([work.then(() => true), tooLate]);
  } finally {
    over.abort();
  }
}
