export { describeIssues, HandedBackJobError, PermanentJobError, PostponedJobError } from './job-errors.js';
export type { FinishedJob, JobQueue, JobSnapshot, JobState } from './job-queue.js';
export { openQueue } from './job-queue.js';
export type { AggregationJob, TrainingJob, TrainingProgress } from './jobs.js';
export { aggregationJob, trainingJob, trainingProgress } from './jobs.js';
export type { PoolRegistry } from './pool-registry.js';
export { openPoolRegistry } from './pool-registry.js';
export type { QueueLoad } from './queue-load.js';
export type { QueueSettings } from './queue-settings.js';
export {
  aggregationQueueName,
  defaultPool,
  queueSettings,
  replayQueueName,
  trainingQueueName,
} from './queue-settings.js';
export type { QueueOptions } from './ready-queue.js';
export type { JobContext, RunningWorker, WorkerOptions } from './worker.js';
export { startWorker } from './worker.js';
export type { Announcement, LiveTrainer, LiveWorker, RunningJob, TrainerAbilities } from './workers/announcement.js';
export { trainerAbilities } from './workers/announcement.js';
export type { Announcer } from './workers/announcer.js';
export { announceWorker } from './workers/announcer.js';
export type { JobNeeds } from './workers/job-needs.js';
export { lackOf, needsOf } from './workers/job-needs.js';
export { RunningJobs } from './workers/running-jobs.js';
export { WorkerDirectory } from './workers/worker-directory.js';
