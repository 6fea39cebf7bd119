/** The aggregator: takes aggregation jobs, and says over HTTP whether it can. */
import { AdapterFileError } from '@fedamole/adapters';
import { ArtifactStore, CorruptArtifactError, isStorageAway } from '@fedamole/artifacts';
import { InfeasibleAssignmentError } from '@fedamole/assignment';
import type { AggregatorSettings } from '@fedamole/config';
import { aggregationResult } from '@fedamole/federation';
import {
  aggregationJob,
  aggregationQueueName,
  openQueue,
  PermanentJobError,
  PostponedJobError,
  startWorker,
} from '@fedamole/queues';
import { SafetensorsError } from '@fedamole/safetensors';
import { startWorkerHealth, type RunningService } from '@fedamole/services';
import type { Logger } from 'pino';
import { aggregate } from './aggregate.js';

export async function startAggregator(settings: AggregatorSettings, logger: Logger): Promise<RunningService> {
  const artifacts = new ArtifactStore(settings.artifactsFolder);
  const onError = (error: Error): void => logger.warn({ err: error }, 'queue connection failed');
  const worker = await startWorker({
    settings: settings.queue,
    queueName: aggregationQueueName,
    payload: aggregationJob,
    result: aggregationResult,
    onError,
    onFailure: (jobId, error, final) => logger.error({ jobId, final, err: error }, 'aggregation job failed'),
    onPostponed: (jobId, error, milliseconds) =>
      logger.warn({ jobId, milliseconds }, `aggregation job postponed: ${error.message}`),
    handler: async (job, { jobId }) => {
      const context = logger.child({ jobId, federationId: job.federationId, round: job.round });
      context.info({ kind: job.kind }, 'aggregation job taken');
      const result = await aggregate(job, artifacts).catch(asJobError);
      context.info({ pool: result.pool, seconds: result.seconds }, 'aggregation job done');
      return result;
    },
  });
  // after the worker, which waits for the queue's tables
  const probe = await openQueue(settings.queue, aggregationQueueName, { migrate: false, onError });
  const address = { host: settings.healthHost, port: settings.healthPort };
  const health = await startWorkerHealth(address, { queue: () => probe.ping() }, logger);
  return {
    url: health.url,
    async close() {
      await worker.close();
      await Promise.all([health.close(), probe.close()]);
    },
  };
}

/** An artifact that is corrupt, or not what it has to be, stays so; room for one comes back. */
function asJobError(error: unknown): never {
  if (isStorageAway(error)) throw new PostponedJobError(error.message);
  const permanent = [AdapterFileError, CorruptArtifactError, InfeasibleAssignmentError, SafetensorsError];
  if (error instanceof Error && permanent.some((kind) => error instanceof kind))
    throw new PermanentJobError(error.message);
  throw error;
}
