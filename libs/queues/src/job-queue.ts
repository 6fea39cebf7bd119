/**
 * A queue as its producer sees it. Jobs carry identifiers made of what they do: adding one that still exists changes
 * nothing, and a finished job stays until its outcome is recorded and `remove` is called.
 */
import type { Job, JobsOptions } from 'bullmq';
import type { PlatformQueue } from './bullmq-connection.js';
import { addInBatches, statesOf } from './many-jobs.js';
import { queuedDigests } from './queued-digests.js';
import { queueLoad, type QueueLoad } from './queue-load.js';
import type { QueueSettings } from './queue-settings.js';
import { readyQueue, type QueueOptions } from './ready-queue.js';
import { retriesOf } from './retries.js';
import { withdrawn } from './withdrawn.js';

export type JobState = 'waiting' | 'running' | 'completed' | 'failed';

export interface JobSnapshot {
  id: string;
  state: JobState;
  /** What the handler last reported; unknown until validated. */
  progress: unknown;
}

/** A job that ended; `result` is unknown until validated. */
export type FinishedJob =
  { id: string; state: 'completed'; result: unknown } | { id: string; state: 'failed'; reason: string };

export interface JobQueue {
  readonly name: string;
  add(id: string, payload: object): Promise<void>;
  /** All of them in one go; one whose identifier exists is left as it is. */
  addAll(jobs: readonly { readonly id: string; readonly payload: object }[]): Promise<void>;
  /** Of those of the identifiers under which there is a job. */
  states(ids: readonly string[]): Promise<ReadonlyMap<string, JobState>>;
  /** Null where there is no such job. */
  get(id: string): Promise<JobSnapshot | null>;
  /** Jobs that ended, oldest first, at most `limit` completed and `limit` failed ones. */
  finished(limit: number): Promise<FinishedJob[]>;
  /** What the job of that identifier came to; null where there is none, or it has not ended. */
  outcome(id: string): Promise<FinishedJob | null>;
  /** Every digest that a job's payload or result names, ended or not. */
  namedDigests(): Promise<Set<string>>;
  /** False where a worker holds the job: it then stays until that worker ends it. */
  remove(id: string): Promise<boolean>;
  /** As `remove`; a worker that holds the job stops within seconds, and its outcome tells nothing. */
  withdraw(id: string): Promise<boolean>;
  /** How many jobs it holds, and since when they wait. */
  load(): Promise<QueueLoad>;
  /** Throws where the queue cannot be reached. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

const optionsOf = (jobId: string, payload: object): JobsOptions => ({ jobId, ...retriesOf(payload) });

export async function openQueue(settings: QueueSettings, name: string, options: QueueOptions): Promise<JobQueue> {
  const queue = await readyQueue(settings, name, options);
  return {
    name,
    async add(id, payload) {
      await queue.add(name, payload, optionsOf(id, payload));
    },
    addAll: (jobs) => addInBatches(queue, name, jobs, optionsOf),
    async states(ids) {
      const found = [...(await statesOf(queue, ids))].map(([id, state]) => [id, stateOf(state)] as const);
      return new Map(found.flatMap(([id, state]) => (state === null ? [] : [[id, state] as const])));
    },
    async get(id) {
      const job: Job | undefined = await queue.getJob(id);
      if (!job) return null;
      const state = stateOf(await job.getState());
      if (state === null) return null;
      return { id, state, progress: job.progress };
    },
    async finished(limit) {
      const [completed, failed] = await Promise.all([
        queue.getJobs(['completed'], 0, limit - 1, true),
        queue.getJobs(['failed'], 0, limit - 1, true),
      ]);
      return [...present(completed).map(asCompleted), ...present(failed).map(asFailed)];
    },
    async outcome(id) {
      // the state first: a job that was read before it ended has no result
      const state = await queue.getJobState(id);
      if (state !== 'completed' && state !== 'failed') return null;
      const job: Job | undefined = await queue.getJob(id);
      if (!job) return null;
      return state === 'completed' ? asCompleted(job) : asFailed(job);
    },
    async namedDigests() {
      return queuedDigests(queue);
    },
    async remove(id) {
      return removeUnlessHeld(queue, id);
    },
    async withdraw(id) {
      if (await removeUnlessHeld(queue, id)) return true;
      const job: Job | undefined = await queue.getJob(id);
      await job?.updateData(withdrawn);
      return job === undefined;
    },
    load: () => queueLoad(queue),
    async ping() {
      await queue.getJobCounts('waiting');
    },
    async close() {
      await queue.close();
    },
  };
}

/** Between the listing of identifiers and the reading of a job, another replica may have removed it. */
const present = (jobs: (Job | undefined)[]): Job[] => jobs.filter((job) => job !== undefined && job !== null);

function asCompleted(job: Job): FinishedJob {
  return { id: idOf(job), state: 'completed', result: job.returnvalue };
}

function asFailed(job: Job): FinishedJob {
  return { id: idOf(job), state: 'failed', reason: job.failedReason || 'no reason was given' };
}

function idOf(job: Job): string {
  if (!job.id) throw new Error('a job without an identifier');
  return job.id;
}

function stateOf(state: string): JobState | null {
  switch (state) {
    case 'active':
      return 'running';
    case 'completed':
    case 'failed':
      return state;
    case 'unknown':
      return null;
    default:
      return 'waiting';
  }
}

async function removeUnlessHeld(queue: PlatformQueue, id: string): Promise<boolean> {
  const removed = await queue.remove(id, { removeChildren: false });
  return removed === 1 || !(await queue.getJob(id));
}
