/** A job's checkpoints as its queue knows them: the last one is recorded with the job, and those before it are removed. */
import type { ArtifactStore } from '@fedamole/artifacts';
import type { JobContext } from '@fedamole/queues';
import type { Logger } from 'pino';
import type { Keeping } from './training-thread.js';

export function recordedCheckpoints(
  { checkpoint, recordCheckpoint }: Pick<JobContext, 'checkpoint' | 'recordCheckpoint'>,
  artifacts: ArtifactStore,
  logger: Logger,
): Keeping {
  let last = checkpoint;
  return {
    checkpoint,
    async record(digest) {
      const previous = last;
      last = digest;
      await recordCheckpoint(digest);
      logger.debug({ checkpoint: digest }, 'training job kept a checkpoint');
      if (previous !== null && previous !== digest) await discardCheckpoint(previous, artifacts, logger);
    },
    onNote: ({ level, message }) => logger[level](`training job ${message}`),
  };
}

/** One that stays is named by nobody, and goes with the next collection. */
export async function discardCheckpoint(digest: string, artifacts: ArtifactStore, logger: Logger): Promise<void> {
  try {
    await artifacts.remove(digest);
  } catch (error) {
    logger.warn({ err: error, checkpoint: digest }, 'a checkpoint that nobody needs was not removed');
  }
}
