/** What a worker tells of its jobs. */
import { HandedBackJobError, PostponedJobError, type JobContext, type WorkerOptions } from '@fedamole/queues';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Metrics } from './metrics.js';

/** Seconds: a merge takes less than one, a round's training of a large model may take hours. */
const durations = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400];

type Outcome = 'completed' | 'failed' | 'postponed' | 'aborted';

export class JobMetrics {
  private readonly running: Gauge<'queue'>;
  private readonly duration: Histogram<'queue' | 'outcome'>;
  private readonly failures: Counter<'queue' | 'final'>;
  private readonly postponements: Counter<'queue'>;

  constructor({ registry }: Metrics) {
    const registers = [registry];
    this.running = new Gauge({
      name: 'fedamole_jobs_running',
      help: 'Jobs that this worker runs.',
      labelNames: ['queue'],
      registers,
    });
    this.duration = new Histogram({
      name: 'fedamole_job_duration_seconds',
      help: 'Of one attempt; aborted ones were given back, or nobody waited for them any more.',
      labelNames: ['queue', 'outcome'],
      buckets: durations,
      registers,
    });
    this.failures = new Counter({
      name: 'fedamole_jobs_failed_total',
      help: 'Attempts that failed; final ones are not tried again.',
      labelNames: ['queue', 'final'],
      registers,
    });
    this.postponements = new Counter({
      name: 'fedamole_jobs_postponed_total',
      help: 'Times that a job waited for storage.',
      labelNames: ['queue'],
      registers,
    });
  }

  /** The same worker, whose jobs are counted and timed. */
  observed<Payload, Result>(options: WorkerOptions<Payload, Result>): WorkerOptions<Payload, Result> {
    const { queueName: queue, handler } = options;
    this.announce(queue);
    return {
      ...options,
      handler: (payload, context) => this.timed(queue, context, () => handler(payload, context)),
      onFailure: (jobId, error, final) => {
        this.failures.inc({ queue, final: String(final) });
        options.onFailure?.(jobId, error, final);
      },
      onPostponed: (jobId, error, milliseconds) => {
        this.postponements.inc({ queue });
        options.onPostponed?.(jobId, error, milliseconds);
      },
    };
  }

  /** From zero on: a rate over a counter that appears with its first failure would miss that failure. */
  private announce(queue: string): void {
    this.running.set({ queue }, 0);
    for (const final of ['true', 'false']) this.failures.inc({ queue, final }, 0);
    this.postponements.inc({ queue }, 0);
  }

  private async timed<Result>(queue: string, { signal }: JobContext, run: () => Promise<Result>): Promise<Result> {
    this.running.inc({ queue });
    const stop = this.duration.startTimer({ queue });
    let outcome: Outcome = 'completed';
    try {
      return await run();
    } catch (error) {
      const leaves = signal.aborted || error instanceof HandedBackJobError;
      outcome = leaves ? 'aborted' : error instanceof PostponedJobError ? 'postponed' : 'failed';
      throw error;
    } finally {
      stop({ outcome });
      this.running.dec({ queue });
    }
  }
}
