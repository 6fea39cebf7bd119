/** Progress for people to watch. */
import type { TrainingProgress } from '@fedamole/queues';

/** Says where a job is; what is left out is unknown. */
export type Report = (progress: Partial<TrainingProgress> & Pick<TrainingProgress, 'phase'>) => void;

/** Fills in what is unknown, and stops the job by throwing once it was aborted. */
export function reporter(send: (progress: TrainingProgress) => void, signal: AbortSignal): Report {
  return (progress) => {
    signal.throwIfAborted();
    send({ step: 0, steps: 0, loss: null, tokensPerSecond: null, ...progress });
  };
}
