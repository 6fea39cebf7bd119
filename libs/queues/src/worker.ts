/**
 * Takes jobs off a queue, one handler call per job. A job whose worker was killed goes to another worker within
 * seconds and has not failed: its lock is renewed while the handler runs, and expires when nobody renews it.
 */
import type { Job } from 'bullmq';
import { DelayedError, Job as StoredJob, UnrecoverableError, WaitingError } from 'bullmq';
import type { z } from 'zod';
import type { PlatformWorker } from './bullmq-connection.js';
import { bullmqWorker } from './bullmq-connection.js';
import { checkpointOf, withCheckpoint } from './checkpoint.js';
import {
  describeIssues,
  HandedBackJobError,
  PermanentJobError,
  PostponedJobError,
  storableMessage,
} from './job-errors.js';
import { watchJob } from './job-watch.js';
import { progressReporter } from './progress-reporter.js';
import type { QueueSettings } from './queue-settings.js';
import { waitForSchema } from './wait-for-schema.js';
import { isWithdrawn } from './withdrawn.js';

export interface JobContext {
  readonly jobId: string;
  /** 1 at first; one more after every failed attempt. */
  readonly attempt: number;
  /** Tells people how far it is; may be called as often as one likes. */
  reportProgress(progress: object): void;
  /** The artifact from which the job may be gone on with, as whoever ran it before recorded it; null where nobody did. */
  readonly checkpoint: string | null;
  /** Resolves once every later worker will be given it; rejects where the queue cannot be reached, or the job is gone. */
  recordCheckpoint(digest: string): Promise<void>;
  /** Aborted when the worker gives its jobs back, lost this one, or nobody waits for it: then stop and reject. */
  readonly signal: AbortSignal;
}

export interface WorkerOptions<Payload, Result> {
  settings: QueueSettings;
  queueName: string;
  payload: z.ZodType<Payload>;
  result: z.ZodType<Result>;
  handler: (payload: Payload, context: JobContext) => Promise<Result>;
  /** Whatever goes wrong beside the handler's own failures: lost connections, lost locks. */
  onError: (error: Error) => void;
  /** A handler's failure; `final` where no attempt is left. */
  onFailure?: (jobId: string, error: Error, final: boolean) => void;
  /** Where the handler rejected with a PostponedJobError; it is tried again after these milliseconds. */
  onPostponed?: (jobId: string, error: Error, milliseconds: number) => void;
  /** Where a job will not be taken again: it is done or has failed for good. With its last checkpoint, which nobody needs any more. */
  onEnded?: (jobId: string, checkpoint: string | null) => void;
  /** Jobs at a time; 1 by default. */
  concurrency?: number;
  /** Milliseconds; 10,000 by default. The event loop must never be blocked for half as long. */
  lockDuration?: number;
  /** Milliseconds between two looks for jobs whose worker died; 2,000 by default. */
  stalledInterval?: number;
  /** Milliseconds before a postponed job is tried again; 5,000 by default. */
  postponement?: number;
}

export interface RunningWorker {
  /** Takes no new job and waits for the running ones. With `giveBack` they are aborted and wait for another worker. */
  close(options?: { giveBack?: boolean }): Promise<void>;
}

/** Resolves when the worker is connected; on Postgres it waits for the tables, which the api creates. */
export async function startWorker<Payload, Result>(options: WorkerOptions<Payload, Result>): Promise<RunningWorker> {
  const { settings, queueName, onError } = options;
  await waitForSchema(settings, onError);
  let givingBack = false;

  const process = async (job: Job<unknown>, token?: string, signal?: AbortSignal): Promise<Result> => {
    if (!job.id || token === undefined || !signal) throw new Error(`job of ${queueName} without id, token or signal`);
    // it was fetched while the others were given back
    if (givingBack) return await handBack(job, token);
    let checkpoint = checkpointOf(job.progress);
    const progress = progressReporter((report) => job.updateProgress(withCheckpoint(report, checkpoint)), onError);
    const context: JobContext = {
      jobId: job.id,
      attempt: job.attemptsMade + 1,
      checkpoint,
      reportProgress: (report) => progress.report(report),
      recordCheckpoint: (digest) => {
        checkpoint = digest;
        return progress.sendNow();
      },
      signal,
    };
    const watch = watchJob(
      async () => (await StoredJob.fromId(worker, context.jobId)) ?? null,
      (reason) => worker.cancelJob(context.jobId, reason),
      onError,
    );
    try {
      return await runHandler(options, job.data, context);
    } catch (error) {
      watch.end();
      await progress.stop();
      if (signal.aborted) return await leave(job, token, signal.reason);
      if (error instanceof HandedBackJobError) return await handBack(job, token);
      if (error instanceof PostponedJobError) return await postpone(job, token, error);
      throw asQueueError(error);
    } finally {
      watch.end();
      await progress.stop();
    }
  };

  /** A job that was aborted: it waits again, has failed for good, or is not this worker's to end. Never returns. */
  const leave = async (job: Job<unknown>, token: string, reason: unknown): Promise<never> => {
    if (reason === 'withdrawn') throw new UnrecoverableError('withdrawn');
    if (givingBack) return await handBack(job, token);
    throw new WaitingError();
  };

  const handBack = async (job: Job<unknown>, token: string): Promise<never> => {
    await job.moveToWait(token);
    throw new WaitingError();
  };

  const postpone = async (job: Job<unknown>, token: string, error: PostponedJobError): Promise<never> => {
    const milliseconds = options.postponement ?? 5000;
    await job.moveToDelayed(Date.now() + milliseconds, token);
    options.onPostponed?.(job.id ?? '', error, milliseconds);
    throw new DelayedError();
  };

  const worker = bullmqWorker(settings, queueName, process, {
    lockDuration: options.lockDuration ?? 10_000,
    stalledInterval: options.stalledInterval ?? 2000,
    concurrency: options.concurrency ?? 1,
  });
  report(worker, options);
  await worker.waitUntilReady();
  return {
    async close({ giveBack = false } = {}) {
      if (giveBack) {
        givingBack = true;
        worker.cancelAllJobs('the worker is closing');
      }
      await worker.close();
    },
  };
}

async function runHandler<Payload, Result>(
  options: WorkerOptions<Payload, Result>,
  data: unknown,
  context: JobContext,
): Promise<Result> {
  if (isWithdrawn(data)) throw new PermanentJobError('withdrawn');
  const payload = options.payload.safeParse(data);
  if (!payload.success) throw new PermanentJobError(`payload refused: ${describeIssues(payload.error)}`);
  const result = options.result.safeParse(await options.handler(payload.data, context));
  if (!result.success) throw new PermanentJobError(`result refused: ${describeIssues(result.error)}`);
  return result.data;
}

function asQueueError(error: unknown): Error {
  const message = storableMessage(error);
  if (error instanceof PermanentJobError) return new UnrecoverableError(message);
  return new Error(message, { cause: error });
}

function report<Payload, Result>(worker: PlatformWorker, options: WorkerOptions<Payload, Result>): void {
  worker.on('error', options.onError);
  // Another worker has taken the job over: what this one still computes would be refused.
  worker.on('lockRenewalFailed', (jobIds) => jobIds.forEach((id) => worker.cancelJob(id, 'the lock was lost')));
  const ended = (job: Job): void => options.onEnded?.(job.id ?? '', checkpointOf(job.progress));
  worker.on('completed', ended);
  worker.on('failed', (job, error) => {
    if (!job?.id) return;
    const final = error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
    options.onFailure?.(job.id, error, final);
    if (final) ended(job);
  });
}
