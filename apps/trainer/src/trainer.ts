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
  announceWorker,
  HandedBackJobError,
  lackOf,
  needsOf,
  openQueue,
  PostponedJobError,
  RunningJobs,
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
  platformVersion,
  spanAttributes,
  startWorkerHealth,
  trainingMetrics,
  type RunningService,
} from '@fedamole/services';
import { chooseDevice } from '@fedamole/training';
import type { Logger } from 'pino';
import { hostname } from 'node:os';
import { z } from 'zod';
import { abilitiesOf } from './abilities.js';
import { discardCheckpoint, recordedCheckpoints } from './recorded-checkpoints.js';
import { endsWithin, LAST_STEP_SECONDS } from './stop.js';
import { TrainingThreads } from './training-threads.js';

export async function startTrainer(settings: TrainerSettings, logger: Logger): Promise<RunningService> {
  const { queue, pool, clients, modelsFolder, modelsCache, weightsFolder, leastFreeBytes, threads } = settings;
  const { device, passedOver } = await chooseDevice(settings.device);
  const queueName = trainingQueueName(pool);
  const onError = (error: Error): void => logger.warn({ err: error }, 'queue connection failed');
  const metrics = new Metrics();
  const countTraining = trainingMetrics(metrics);
  const { jobs, checkpointSeconds, stopSeconds } = settings;
  const { artifacts, onTransfer } = await observedArtifacts(metrics, settings.artifacts);
  const places = { modelsFolder, modelsCache, weightsFolder, artifacts: settings.artifacts };
  const training = new TrainingThreads({ clients, ...places, threads, device, checkpointSeconds }, jobs, onTransfer);
  const options: WorkerOptions<TrainingJob, TrainingResult | BaselineResult> = {
    settings: queue,
    queueName,
    payload: trainingJob,
    result: z.union([trainingResult, baselineResult]),
    concurrency: jobs,
    onError,
    onEnded: (_jobId, checkpoint) => {
      if (checkpoint !== null) void discardCheckpoint(checkpoint, artifacts, logger);
    },
    onFailure: (jobId, error, final) =>
      logger.error({ jobId, ...parseJobId(jobId), final, err: error }, 'training job failed'),
    onPostponed: (jobId, error, milliseconds) =>
      logger.warn({ jobId, ...parseJobId(jobId), milliseconds }, `training job postponed: ${error.message}`),
    handler: async (job, jobContext) => {
      const { jobId, attempt, reportProgress, signal } = jobContext;
      const { federationId, round, client, kind } = job;
      const context = logger.child({ jobId, federationId, round, client });
      const lack = lackOf(abilitiesOf(settings, device), needsOf(client, job.configuration, null));
      // it goes back to the pool, where another one can
      if (lack !== null) throw new PostponedJobError(`this trainer ${lack}`);
      context.info({ kind, attempt }, 'training job taken');
      const keeping = recordedCheckpoints(jobContext, artifacts, context);
      const attributes = { ...spanAttributes(jobId), 'fedamole.attempt': attempt };
      const result = await inSpan(kind, { parent: job.traceparent, kind: 'CONSUMER', attributes }, async () => {
        const phases = new PhaseSpans();
        const report = (progress: TrainingProgress): void => {
          phases.at(progress.phase);
          reportProgress(progress);
        };
        return training.run(job, report, signal, keeping).finally(() => phases.end());
      }).catch((error: unknown) => {
        if (error instanceof HandedBackJobError) context.info('training job handed back');
        throw error;
      });
      countTraining(result);
      context.info({ seconds: result.seconds, ...result.metrics }, 'training job done');
      return result;
    },
  };
  const running = new RunningJobs();
  const worker = await startWorker(running.observed(new JobMetrics(metrics).observed(options)));
  // after the worker, which waits for the queue's tables
  const probe = await openQueue(queue, queueName, { migrate: false, onError });
  const address = { host: settings.healthHost, port: settings.healthPort };
  const checks = { queue: () => probe.ping(), artifacts: () => artifacts.requireRoom(leastFreeBytes) };
  const health = await startWorkerHealth({ address, checks, metrics }, logger);
  const host = hostname();
  const announcer = await announceWorker(
    queue,
    () => ({
      ...{ kind: 'trainer', host, version: platformVersion, uptimeSeconds: process.uptime(), jobs: running.list() },
      abilities: abilitiesOf(settings, device),
    }),
    onError,
  );
  logger.info({ device, passedOver, threads, jobs }, 'trainer computes on this device');
  logger.info({ pool, clients: Object.keys(clients) }, 'trainer reaches these clients');
  return {
    url: health.url,
    notice: `on ${device}`,
    async close() {
      await announcer.close();
      training.end(Date.now() + stopSeconds * 1000);
      const ended = await endsWithin(worker.close(), stopSeconds + LAST_STEP_SECONDS);
      if (!ended) {
        logger.warn(
          'a job did not stop in time: it goes on elsewhere, from its last checkpoint, once its lock expires',
        );
        return;
      }
      await training.close();
      await Promise.all([health.close(), probe.close()]);
    },
  };
}
