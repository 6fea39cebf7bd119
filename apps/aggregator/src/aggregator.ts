/** The aggregator: takes aggregation jobs, and says over HTTP whether it can. */
import { AdapterFileError } from '@fedamole/adapters';
import { CorruptArtifactError, isStorageAway } from '@fedamole/artifacts';
import { InfeasibleAssignmentError } from '@fedamole/assignment';
import type { AggregatorSettings } from '@fedamole/config';
import { aggregationOutcome, parseJobId, type AggregationOutcome } from '@fedamole/federation';
import {
  aggregationJob,
  aggregationQueueName,
  announceWorker,
  openQueue,
  PermanentJobError,
  PostponedJobError,
  replayQueueName,
  RunningJobs,
  startWorker,
  type AggregationJob,
  type WorkerOptions,
} from '@fedamole/queues';
import { SafetensorsError } from '@fedamole/safetensors';
import {
  inSpan,
  JobMetrics,
  Metrics,
  observedArtifacts,
  platformVersion,
  spanAttributes,
  startWorkerHealth,
  type RunningService,
} from '@fedamole/services';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { aggregate } from './aggregate.js';

export async function startAggregator(settings: AggregatorSettings, logger: Logger): Promise<RunningService> {
  const metrics = new Metrics();
  const jobMetrics = new JobMetrics(metrics);
  const { artifacts } = await observedArtifacts(metrics, settings.artifacts);
  const onError = (error: Error): void => logger.warn({ err: error }, 'queue connection failed');
  const options: WorkerOptions<AggregationJob, AggregationOutcome> = {
    settings: settings.queue,
    queueName: aggregationQueueName,
    payload: aggregationJob,
    result: aggregationOutcome,
    onError,
    onFailure: (jobId, error, final) =>
      logger.error({ jobId, ...parseJobId(jobId), final, err: error }, 'aggregation job failed'),
    onPostponed: (jobId, error, milliseconds) =>
      logger.warn({ jobId, ...parseJobId(jobId), milliseconds }, `aggregation job postponed: ${error.message}`),
    handler: async (job, { jobId }) => {
      const context = logger.child({ jobId, federationId: job.federationId, round: job.round });
      context.info({ kind: job.kind }, 'aggregation job taken');
      const span = { parent: job.traceparent, kind: 'CONSUMER' as const, attributes: spanAttributes(jobId) };
      const outcome = await inSpan(job.kind, span, () => aggregate(job, artifacts)).catch(asJobError);
      if ('refused' in outcome)
        context.warn({ refused: outcome.refused }, "clients' artifacts refused, nothing merged");
      else context.info({ pool: outcome.pool, seconds: outcome.seconds }, 'aggregation job done');
      return outcome;
    },
  };
  const jobs = new RunningJobs();
  const observed = jobs.observed(options);
  const workers = [
    await startWorker(jobMetrics.observed(observed)),
    await startWorker(jobMetrics.observed({ ...observed, queueName: replayQueueName })),
  ];
  // after the workers, which wait for the queue's tables
  const probe = await openQueue(settings.queue, aggregationQueueName, { migrate: false, onError });
  const address = { host: settings.healthHost, port: settings.healthPort };
  const checks = { queue: () => probe.ping(), artifacts: () => artifacts.requireRoom(settings.leastFreeBytes) };
  const health = await startWorkerHealth({ address, checks, metrics }, logger);
  const host = hostname();
  const announcer = await announceWorker(
    settings.queue,
    () => ({
      kind: 'aggregator',
      host,
      version: platformVersion,
      uptimeSeconds: process.uptime(),
      jobs: jobs.list(),
    }),
    onError,
  );
  return {
    url: health.url,
    async close() {
      await announcer.close();
      await Promise.all(workers.map((worker) => worker.close()));
      await Promise.all([health.close(), probe.close()]);
    },
  };
}

/** A pool that is corrupt, or not what it has to be, stays so; room for an artifact comes back. */
function asJobError(error: unknown): never {
  if (isStorageAway(error)) throw new PostponedJobError(error.message);
  const permanent = [AdapterFileError, CorruptArtifactError, InfeasibleAssignmentError, SafetensorsError];
  if (error instanceof Error && permanent.some((kind) => error instanceof kind))
    throw new PermanentJobError(error.message);
  throw error;
}
