/** A trainer: takes training jobs of its pool, and says over HTTP whether it can. */
import { requireRoom } from '@fedamole/artifacts';
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
  lackOf,
  needsOf,
  openQueue,
  PostponedJobError,
  RunningJobs,
  startWorker,
  trainingJob,
  trainingQueueName,
  type TrainingJob,
  type WorkerOptions,
} from '@fedamole/queues';
import {
  artifactMetrics,
  JobMetrics,
  Metrics,
  platformVersion,
  startWorkerHealth,
  trainingMetrics,
  type RunningService,
} from '@fedamole/services';
import { chooseDevice } from '@fedamole/training';
import type { Logger } from 'pino';
import { hostname } from 'node:os';
import { z } from 'zod';
import { abilitiesOf } from './abilities.js';
import { TrainingThread } from './training-thread.js';

export async function startTrainer(settings: TrainerSettings, logger: Logger): Promise<RunningService> {
  const { queue, pool, clients, modelsFolder, weightsFolder, artifactsFolder, leastFreeBytes, threads } = settings;
  const { device, passedOver } = await chooseDevice(settings.device);
  const queueName = trainingQueueName(pool);
  const onError = (error: Error): void => logger.warn({ err: error }, 'queue connection failed');
  const metrics = new Metrics();
  const countTraining = trainingMetrics(metrics);
  const thread = new TrainingThread(
    { clients, modelsFolder, weightsFolder, artifactsFolder, threads, device },
    artifactMetrics(metrics, artifactsFolder),
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
      const lack = lackOf(abilitiesOf(settings, device), needsOf(client, job.configuration, null));
      // it goes back to the pool, where another one can
      if (lack !== null) throw new PostponedJobError(`this trainer ${lack}`);
      context.info({ kind, attempt }, 'training job taken');
      const result = await thread.run(job, reportProgress, signal);
      countTraining(result);
      context.info({ seconds: result.seconds, ...result.metrics }, 'training job done');
      return result;
    },
  };
  const jobs = new RunningJobs();
  const worker = await startWorker(jobs.observed(new JobMetrics(metrics).observed(options)));
  // after the worker, which waits for the queue's tables
  const probe = await openQueue(queue, queueName, { migrate: false, onError });
  const address = { host: settings.healthHost, port: settings.healthPort };
  const checks = { queue: () => probe.ping(), artifacts: () => requireRoom(artifactsFolder, leastFreeBytes) };
  const health = await startWorkerHealth({ address, checks, metrics }, logger);
  const host = hostname();
  const announcer = await announceWorker(
    queue,
    () => ({
      ...{ kind: 'trainer', host, version: platformVersion, uptimeSeconds: process.uptime(), jobs: jobs.list() },
      abilities: abilitiesOf(settings, device),
    }),
    onError,
  );
  logger.info({ device, passedOver, threads }, 'trainer computes on this device');
  logger.info({ pool, clients: Object.keys(clients) }, 'trainer reaches these clients');
  return {
    url: health.url,
    notice: `on ${device}`,
    async close() {
      await announcer.close();
      await worker.close({ giveBack: true });
      await thread.close();
      await Promise.all([health.close(), probe.close()]);
    },
  };
}
