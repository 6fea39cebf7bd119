/** How a job is followed, stopped and gone on with, by whoever had it run. */
import type { TrainingProgress } from '@fedamole/queues';
import type { Ending } from './ending.js';

export interface JobControl {
  readonly send: (progress: TrainingProgress) => void;
  /** Aborted where nobody wants the job any more: it stops at once, and keeps nothing. */
  readonly signal: AbortSignal;
  readonly ending: Ending;
  /** Digest of what the job may be gone on with from, unless it begins. */
  readonly checkpoint: string | null;
  /** Told of every checkpoint that was stored: the one before is not needed once this one is recorded. */
  readonly onCheckpoint: (digest: string) => void;
  /** For the log. */
  readonly onNote: (note: Note) => void;
}

export interface Note {
  readonly level: 'info' | 'warn';
  readonly message: string;
}
