/**
 * Jobs that no live trainer can run, and for how long that has been so. It is told after a grace: a trainer that is started again
 * is back by then. Time during which the queue was away does not count: nobody could be seen then.
 */
import type { UnplacedJob } from './placer.js';

/** Milliseconds. */
export const unplacedGrace = 10_000;

interface Noticed {
  readonly job: UnplacedJob;
  readonly round: number;
  readonly since: number;
  told: boolean;
}

export interface DueJob extends UnplacedJob {
  readonly federationId: string;
  readonly round: number;
}

export class UnplacedJobs {
  private readonly noticed = new Map<string, ReadonlyMap<string, Noticed>>();

  /** All of a federation's, as they are now. `now` in milliseconds. */
  note(federationId: string, round: number, jobs: readonly UnplacedJob[], now: number): void {
    const before = this.noticed.get(federationId);
    const noticed = jobs.map((job) => {
      const { since = now, told = false } = before?.get(job.id) ?? {};
      return [job.id, { job, round, since, told }] as const;
    });
    if (noticed.length === 0) this.noticed.delete(federationId);
    else this.noticed.set(federationId, new Map(noticed));
  }

  forget(federationId: string): void {
    this.noticed.delete(federationId);
  }

  /** It need not be told again, unless it was placed in between. */
  told(federationId: string, id: string): void {
    const noticed = this.noticed.get(federationId)?.get(id);
    if (noticed) noticed.told = true;
  }

  /** Those that it is time to tell. `watchedFor`: milliseconds since which the workers are seen without a gap; null: not now. */
  due(now: number, watchedFor: number | null): DueJob[] {
    if (watchedFor === null || watchedFor < unplacedGrace) return [];
    return [...this.noticed].flatMap(([federationId, jobs]) =>
      [...jobs.values()].flatMap(({ job, round, since, told }) =>
        !told && now - since >= unplacedGrace ? [{ ...job, federationId, round }] : [],
      ),
    );
  }
}
