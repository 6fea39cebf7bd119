/** Progress for people to watch. */
import type { TrainingProgress } from '@fedamole/queues';
import type { JobControl } from './job-control.js';

/** Says where a job is; what is left out is unknown. */
export type Report = (progress: Partial<TrainingProgress> & Pick<TrainingProgress, 'phase'>) => void;

/** Fills in what is unknown, and stops the job by throwing once it was aborted, or has no time left. */
export function reporter({ send, signal, ending }: Pick<JobControl, 'send' | 'signal' | 'ending'>): Report {
  return (progress) => {
    signal.throwIfAborted();
    ending.require(0);
    send({ step: 0, steps: 0, loss: null, tokensPerSecond: null, ...progress });
  };
}
