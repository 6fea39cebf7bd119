/** A trainer: takes training jobs of its pool, and says over HTTP whether it can. */
import type { TrainerSettings } from '@fedamole/config';
import { baselineResult, trainingResult } from '@fedamole/federation';
import { openQueue, startWorker, trainingJob, trainingQueueName } from '@fedamole/queues';
import { startWorkerHealth, type RunningService } from '@fedamole/services';
import { chooseDevice } from '@fedamole/training';
import type { Logger } from 'pino';
import { z } from 'zod';
import { TrainingThread } from './training-thread.js';

export async function startTrainer(settings: TrainerSettings, logger: Logger): Promise<RunningService> {
  const { queue, pool, clients, modelsFolder, weightsFolder, artifactsFolder, threads } = settings;
  const { device, passedOver } = await chooseDevice(settings.device);
  const queueName = trainingQueueName(pool);
  const onError = (error: Error): void => logger.warn({ err: error }, 'queue connection failed');
  const thread = new TrainingThread({ clients, modelsFolder, weightsFolder, artifactsFolder, threads, device });
  const worker = await startWorker({
    settings: queue,
    queueName,
    payload: trainingJob,
    result: z.union([trainingResult, baselineResult]),
    onError,
    onFailure: (jobId, error, final) => logger.error({ jobId, final, err: error }, 'training job failed'),
    onPostponed: (jobId, error, milliseconds) =>
      logger.warn({ jobId, milliseconds }, `training job postponed: ${error.message}`),
    handler: async (job, { jobId, attempt, reportProgress, signal }) => {
      const { federationId, round, client, kind } = job;
      const context = logger.child({ jobId, federationId, round, client });
      context.info({ kind, attempt }, 'training job taken');
      const result = await thread.run(job, reportProgress, signal);
      context.info({ seconds: result.seconds, ...result.metrics }, 'training job done');
      return result;
    },
  });
  // after the worker, which waits for the queue's tables
  const probe = await openQueue(queue, queueName, { migrate: false, onError });
  const address = { host: settings.healthHost, port: settings.healthPort };
  const health = await startWorkerHealth(address, { queue: () => probe.ping() }, logger);
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
