/** While a worker runs a job: whether the job is still wanted. */
import { isWithdrawn } from './withdrawn.js';

/** Milliseconds between two looks. */
const interval = 1000;

export type Unwanted = 'withdrawn' | 'gone';

/**
 * Looks once a second and calls `onUnwanted` once: where the job was withdrawn, or is gone because the queue was wiped.
 * `look` gives the job's data, null where there is none; where it fails, nothing is known and it looks again.
 */
export function watchJob(
  look: () => Promise<{ data: unknown } | null>,
  onUnwanted: (reason: Unwanted) => void,
  onError: (error: Error) => void,
): { end(): void } {
  let ended = false;
  let timer = setTimeout(step, interval);

  function step(): void {
    look()
      .then(
        (job) => {
          if (ended || (job !== null && !isWithdrawn(job.data))) return;
          ended = true;
          onUnwanted(job === null ? 'gone' : 'withdrawn');
        },
        (error: unknown) => onError(error instanceof Error ? error : new Error(String(error))),
      )
      .finally(() => {
        if (!ended) timer = setTimeout(step, interval);
      });
  }

  return {
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
