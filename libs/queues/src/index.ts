export { describeIssues, HandedBackJobError, PermanentJobError, PostponedJobError } from './job-errors.js';
export type { FinishedJob, JobQueue, JobSnapshot, JobState, QueueOptions } from './job-queue.js';
export { openQueue } from './job-queue.js';
export type { AggregationJob, TrainingJob, TrainingProgress } from './jobs.js';
export { aggregationJob, trainingJob, trainingProgress } from './jobs.js';
export type { QueueLoad } from './queue-load.js';
export type { QueueSettings } from './queue-settings.js';
export {
  aggregationQueueName,
  defaultPool,
  queueSettings,
  replayQueueName,
  trainingQueueName,
} from './queue-settings.js';
export type { JobContext, RunningWorker, WorkerOptions } from './worker.js';
export { startWorker } from './worker.js';
