/** The reader's side: which workers live, and what they said last. */
import type { PlatformQueue } from '../bullmq-connection.js';
import { describeIssues } from '../job-errors.js';
import type { QueueSettings } from '../queue-settings.js';
import { readyQueue, type QueueOptions } from '../ready-queue.js';
import { lifeSign, workersQueueName, type LifeSign, type LiveTrainer, type LiveWorker } from './announcement.js';
import { LifeSigns } from './life-signs.js';

export class WorkerDirectory {
  private readonly signs = new LifeSigns();

  private constructor(
    private readonly queue: PlatformQueue,
    private readonly onError: (error: Error) => void,
  ) {}

  static async open(settings: QueueSettings, options: QueueOptions): Promise<WorkerDirectory> {
    return new WorkerDirectory(await readyQueue(settings, workersQueueName, options), options.onError);
  }

  /** Reads everything anew; to be called once a second or so. Throws where the queue is away: then nobody has gone. */
  async look(): Promise<void> {
    try {
      const records = await this.records();
      this.signs.look(records, performance.now());
    } catch (error) {
      this.signs.missed();
      throw error;
    }
    for (const id of this.signs.forgettable(performance.now())) await this.queue.remove(id);
  }

  /** Those that lived at the last look, by identifier. */
  get live(): readonly LiveWorker[] {
    return this.signs.live;
  }

  get trainers(): LiveTrainer[] {
    return this.live.filter((worker) => worker.kind === 'trainer');
  }

  /**
   * For how many milliseconds looks have followed each other without a gap; null where the last one failed, so that nothing is
   * known of the present.
   */
  get watchedFor(): number | null {
    const { uninterruptedSince } = this.signs;
    return uninterruptedSince === null ? null : performance.now() - uninterruptedSince;
  }

  /** Another number whenever others live than before. */
  get generation(): number {
    return this.signs.generation;
  }

  async close(): Promise<void> {
    await this.queue.close();
  }

  private async records(): Promise<Map<string, LifeSign>> {
    const records = new Map<string, LifeSign>();
    for (const job of await this.queue.getJobs(['waiting'], 0, -1)) {
      // one that went between the look at the list and the look at the record
      if (!job?.id) continue;
      const sign = lifeSign.safeParse(job.data);
      if (sign.success) records.set(job.id, sign.data);
      else this.onError(new Error(`worker ${job.id} says what is not understood: ${describeIssues(sign.error)}`));
    }
    return records;
  }
}
