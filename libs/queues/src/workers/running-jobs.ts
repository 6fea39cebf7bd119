/** The jobs that a worker runs now, as it tells them to others. */
import { trainingProgress } from '../jobs.js';
import type { WorkerOptions } from '../worker.js';
import type { RunningJob } from './announcement.js';

interface Running {
  readonly since: number;
  progress: unknown;
}

export class RunningJobs {
  private readonly running = new Map<string, Running>();

  /** The same worker, whose jobs are noticed. */
  observed<Payload, Result>(options: WorkerOptions<Payload, Result>): WorkerOptions<Payload, Result> {
    return {
      ...options,
      handler: async (payload, context) => {
        const job: Running = { since: performance.now(), progress: null };
        this.running.set(context.jobId, job);
        try {
          return await options.handler(payload, {
            ...context,
            reportProgress(progress) {
              job.progress = progress;
              context.reportProgress(progress);
            },
          });
        } finally {
          if (this.running.get(context.jobId) === job) this.running.delete(context.jobId);
        }
      },
    };
  }

  list(): RunningJob[] {
    return [...this.running].map(([id, { since, progress }]) => ({
      id,
      seconds: (performance.now() - since) / 1000,
      progress: trainingProgress.safeParse(progress).data ?? null,
    }));
  }
}
