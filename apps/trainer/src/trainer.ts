/** A trainer: takes training jobs of its pool, and says over HTTP whether it can. */
import type { TrainerSettings } from '@fedamole/config';
import {
  baselineResult,
  parseJobId,
  trainingResult,
  type BaselineResult,
  type TrainingResult,
} from '@fedamole/federation';
import {
  openQueue,
  startWorker,
  trainingJob,
  trainingQueueName,
  type TrainingJob,
  type TrainingProgress,
  type WorkerOptions,
} from '@fedamole/queues';
import {
  JobMetrics,
  Metrics,
  inSpan,
  observedArtifacts,
  PhaseSpans,
  spanAttributes,
  startWorkerHealth,
  trainingMetrics,
  type RunningService,
} from '@fedamole/services';
import { chooseDevice } from '@fedamole/training';
import type { Logger } from 'pino';
import { z } from 'zod';
import { TrainingThread } from './training-thread.js';

export async function startTrainer(settings: TrainerSettings, logger: Logger): Promise<RunningService> {
  const { queue, pool, clients, modelsFolder, weightsFolder, leastFreeBytes, threads } = settings;
  const { device, passedOver } = await chooseDevice(settings.device);
  const queueName = trainingQueueName(pool);
  const onError = (error: Error): void => logger.warn({ err: error }, 'queue connection failed');
  const metrics = new Metrics();
  const countTraining = trainingMetrics(metrics);
  const { artifacts, onTransfer } = await observedArtifacts(metrics, settings.artifacts);
  const thread = new TrainingThread(
    { clients, modelsFolder, weightsFolder, artifacts: settings.artifacts, threads, device },
    onTransfer,
  );
  const options: WorkerOptions<TrainingJob, TrainingResult | BaselineResult> = {
    settings: queue,
    queueName,
    payload: trainingJob,
    result: z.union([trainingResult, baselineResult]),
    onError,
    onFailure: (jobId, error, final) =>
      logger.error({ jobId, ...parseJobId(jobId), final, err: error }, 'training job failed'),
    onPostponed: (jobId, error, milliseconds) =>
      logger.warn({ jobId, ...parseJobId(jobId), milliseconds }, `training job postponed: ${error.message}`),
    handler: async (job, { jobId, attempt, reportProgress, signal }) => {
      const { federationId, round, client, kind } = job;
      const context = logger.child({ jobId, federationId, round, client });
      context.info({ kind, attempt }, 'training job taken');
      const attributes = { ...spanAttributes(jobId), 'fedamole.attempt': attempt };
      const result = await inSpan(kind, { parent: job.traceparent, kind: 'CONSUMER', attributes }, async () => {
        const phases = new PhaseSpans();
        const report = (progress: TrainingProgress): void => {
          phases.at(progress.phase);
          reportProgress(progress);
        };
        return thread.run(job, report, signal).finally(() => phases.end());
      });
      countTraining(result);
      context.info({ seconds: result.seconds, ...result.metrics }, 'training job done');
      return result;
    },
  };
  const worker = await startWorker(new JobMetrics(metrics).observed(options));
  // after the worker, which waits for the queue's tables
  const probe = await openQueue(queue, queueName, { migrate: false, onError });
  const address = { host: settings.healthHost, port: settings.healthPort };
  const checks = { queue: () => probe.ping(), artifacts: () => artifacts.requireRoom(leastFreeBytes) };
  const health = await startWorkerHealth({ address, checks, metrics }, logger);
  logger.info({ device, passedOver, threads }, 'trainer computes on this device');
  logger.info({ pool, clients: Object.keys(clients) }, 'trainer reaches these clients');
  return {
    url: health.url,
    notice: `on ${device}`,
    async close() {
      await worker.close({ giveBack: true });
      await thread.close();
      await Promise.all([health.close(), probe.close()]);
    },
  };
}
