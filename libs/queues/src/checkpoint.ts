/**
 * Where a job that was left may be gone on with: an artifact's digest, kept beside what the job last said of itself, as only
 * that outlives a worker and is no business of whoever waits for the job.
 */
import { digest } from '@fedamole/federation';
import { z } from 'zod';

const kept = z.looseObject({ checkpoint: digest });

/** Of a job's progress; null where it names none. */
export const checkpointOf = (progress: unknown): string | null => kept.safeParse(progress).data?.checkpoint ?? null;

export const withCheckpoint = (progress: object, checkpoint: string | null): object =>
  checkpoint === null ? progress : { ...progress, checkpoint };
