import type { AbandonedJob } from '@fedamole/federation';
import type { Queues } from '../platform/platform.js';

interface Withdrawal {
  readonly queue: AbandonedJob['queue'];
  /** The worker that holds it need not go on: its federation has ended. */
  readonly stops: boolean;
}

/** Takes back the jobs that nobody waits for any more. */
export class Withdrawals {
  /** Jobs that a worker held: without a further look their retries would run for nobody. */
  private readonly held = new Map<string, Withdrawal>();

  constructor(private readonly queues: Queues) {}

  /**
   * Takes back a job that waits. One that a worker holds may end, and its outcome is recorded, unless its federation has ended:
   * then the worker stops.
   */
  async withdraw(id: string, withdrawal: Withdrawal): Promise<void> {
    const jobs = this.queues[withdrawal.queue];
    const state = (await jobs.get(id))?.state;
    const gone = state === 'waiting' ? await jobs.remove(id) : state === undefined;
    if (gone) this.held.delete(id);
    else this.held.set(id, withdrawal);
    if (state === 'running' && withdrawal.stops) await jobs.withdraw(id);
  }

  /** Looks at those again that workers held. */
  async again(): Promise<void> {
    for (const [id, withdrawal] of this.held) await this.withdraw(id, withdrawal);
  }

  /** The job is required again. */
  forget(id: string): void {
    this.held.delete(id);
  }
}
