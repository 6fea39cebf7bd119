/**
 * Sees to it that required jobs exist. Each is looked for once and then believed to be where it was until `forgetAll`, which a
 * sweep calls: a look after every event at every job would be quadratic in the clients. A job that got lost is found by the next
 * sweep, and so is a trainer for one that no trainer could run.
 */
import type { RequiredJob } from '@fedamole/federation';
import type { Queues } from '../platform/platform.js';
import { addTraced, type JobOrigin } from './add-traced.js';
import type { Placements, Placer, UnplacedJob } from './placer.js';

type Training = Extract<RequiredJob, { queue: 'training' }>;

interface Looked {
  readonly ids: ReadonlySet<string>;
  readonly unplaced: readonly UnplacedJob[];
}

export class RequiredJobs {
  /** Required jobs that were looked for, by federation. */
  private readonly looked = new Map<string, Looked>();

  constructor(
    private readonly queues: Queues,
    private readonly placer: Placer,
  ) {}

  forgetAll(): void {
    this.looked.clear();
  }

  /** Its jobs were withdrawn. */
  forget(federationId: string): void {
    this.looked.delete(federationId);
  }

  /** Adds those that do not exist, clients' jobs to pools that can run them. Returns all that are unplaced, and new places. */
  async add(required: readonly RequiredJob[], origin: JobOrigin): Promise<Placements> {
    const { federationId } = origin;
    const before = this.looked.get(federationId);
    const jobs = required.filter(({ id }) => !before?.ids.has(id));
    const { placed, unplaced: found } = await this.placer.place(
      jobs.filter((job): job is Training => job.queue === 'training'),
      origin,
    );
    await this.addAggregations(
      jobs.filter(({ queue }) => queue === 'aggregation'),
      origin,
    );
    const ids = new Set(required.map(({ id }) => id));
    const unplaced = [...(before?.unplaced ?? []).filter(({ id }) => ids.has(id)), ...found];
    this.looked.set(federationId, { ids, unplaced });
    return { placed, unplaced };
  }

  private async addAggregations(jobs: readonly RequiredJob[], origin: JobOrigin): Promise<void> {
    const { aggregation } = this.queues;
    const found = await aggregation.states(jobs.map(({ id }) => id));
    const missing = jobs.filter(({ id }) => !found.has(id));
    await addTraced(aggregation.name, missing, origin, (traced) => aggregation.addAll(traced));
  }
}
