/** A trainer's training threads: each runs one job at a time, on its share of the processor's threads. */
import type { OnTransfer } from '@fedamole/artifacts';
import type { BaselineResult, TrainingResult } from '@fedamole/federation';
import { HandedBackJobError, type TrainingJob, type TrainingProgress } from '@fedamole/queues';
import type { ThreadSettings } from './thread/messages.js';
import { TrainingThread, type Keeping } from './training-thread.js';

interface Place {
  readonly thread: TrainingThread;
  /** Of its last job: it holds that one's engine. */
  federationId: string | null;
}

export class TrainingThreads {
  private readonly places: readonly Place[];
  private told = false;

  /** `settings.threads` are those of all jobs together; each job has at least one. */
  constructor(settings: ThreadSettings, jobs: number, onTransfer?: OnTransfer) {
    const threads = Math.max(1, Math.floor(settings.threads / jobs));
    this.places = Array.from({ length: jobs }, () => ({
      thread: new TrainingThread({ ...settings, threads }, onTransfer),
      federationId: null,
    }));
  }

  /** As a training thread's; throws where all are busy. */
  async run(
    job: TrainingJob,
    onProgress: (progress: TrainingProgress) => void,
    signal: AbortSignal,
    keeping: Keeping,
  ): Promise<BaselineResult | TrainingResult> {
    if (this.told) throw new HandedBackJobError('the trainer was told to stop');
    const { federationId } = job;
    const idle = this.places.filter(({ thread }) => !thread.isBusy);
    const place = idle.find((each) => each.federationId === federationId) ?? idle[0];
    if (place === undefined) throw new Error(`all ${this.places.length} training threads run a job already`);
    place.federationId = federationId;
    return place.thread.run(job, onProgress, signal, keeping);
  }

  /** Jobs that are not done by then, in milliseconds since 1970, are handed back; so are all that come from now on. */
  end(until: number): void {
    this.told = true;
    for (const { thread } of this.places) thread.end(until);
  }

  async close(): Promise<void> {
    await Promise.all(this.places.map(({ thread }) => thread.close()));
  }
}
