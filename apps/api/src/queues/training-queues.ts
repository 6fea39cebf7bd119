/**
 * The queues of all pools of trainers as one: a job is looked for in each of them, and put into the one that was chosen. Pools
 * are found, not configured: those of live trainers, and those that ever got a job.
 */
import type { FinishedJob, JobQueue, JobSnapshot, JobState, PoolRegistry, QueueLoad } from '@fedamole/queues';
import { defaultPool } from '@fedamole/queues';

type NewJob = Parameters<JobQueue['addAll']>[0][number];

/** Where a job lies. */
export interface JobPlace {
  readonly pool: string;
  readonly state: JobState;
}

export class TrainingQueues {
  private readonly queues = new Map<string, Promise<JobQueue>>();

  private constructor(
    private readonly registry: PoolRegistry,
    private readonly openPool: (pool: string) => Promise<JobQueue>,
  ) {}

  /** Knows the default pool and all registered ones from the start. */
  static async open(registry: PoolRegistry, openPool: (pool: string) => Promise<JobQueue>): Promise<TrainingQueues> {
    const queues = new TrainingQueues(registry, openPool);
    try {
      await queues.queueOf(defaultPool);
      await queues.discover([]);
    } catch (error) {
      await queues.close();
      throw error;
    }
    return queues;
  }

  /** Also those that others registered meanwhile. */
  async discover(pools: Iterable<string>): Promise<void> {
    await Promise.all([...new Set([...(await this.registry.list()), ...pools])].map((pool) => this.queueOf(pool)));
  }

  /** By name. */
  get pools(): string[] {
    return [...this.queues.keys()].sort();
  }

  /** The queues of all pools, by the pool's name. */
  all(): Promise<JobQueue[]> {
    return Promise.all(this.pools.map((pool) => this.queueOf(pool)));
  }

  /** By pool. */
  async loads(): Promise<Map<string, QueueLoad>> {
    const loads = this.pools.map(async (pool) => [pool, await (await this.queueOf(pool)).load()] as const);
    return new Map(await Promise.all(loads));
  }

  /** The pool is registered first: a job is never where nobody would look for it. */
  async addTo(pool: string, jobs: readonly NewJob[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.registry.add(pool);
    await (await this.queueOf(pool)).addAll(jobs);
  }

  /** Of those of the identifiers under which there is a job. */
  async places(ids: readonly string[]): Promise<Map<string, JobPlace>> {
    const found = new Map<string, JobPlace>();
    for (const pool of this.pools) {
      const rest = ids.filter((id) => !found.has(id));
      if (rest.length === 0) break;
      for (const [id, state] of await (await this.queueOf(pool)).states(rest)) found.set(id, { pool, state });
    }
    return found;
  }

  /** Null where no pool has such a job. */
  async get(id: string): Promise<JobSnapshot | null> {
    for (const queue of await this.all()) {
      const job = await queue.get(id);
      if (job) return job;
    }
    return null;
  }

  /** As of one queue, with at most `limit` of either kind from each pool. */
  async finished(limit: number): Promise<FinishedJob[]> {
    return (await this.ofAll((queue) => queue.finished(limit))).flat();
  }

  /** False where a worker holds the job. */
  async remove(id: string): Promise<boolean> {
    return (await this.ofAll((queue) => queue.remove(id))).every(Boolean);
  }

  /** False where a worker holds it: it stays there until it ends. */
  async removeFrom(pool: string, id: string): Promise<boolean> {
    return (await this.queueOf(pool)).remove(id);
  }

  async withdraw(id: string): Promise<boolean> {
    return (await this.ofAll((queue) => queue.withdraw(id))).every(Boolean);
  }

  async namedDigests(): Promise<Set<string>> {
    const named = await this.ofAll((queue) => queue.namedDigests());
    return new Set(named.flatMap((digests) => [...digests]));
  }

  /** Throws where the queue cannot be reached. */
  async ping(): Promise<void> {
    await (await this.queueOf(defaultPool)).ping();
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.queues.values());
    await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : null)));
    await this.registry.close();
  }

  private async ofAll<Result>(act: (queue: JobQueue) => Promise<Result>): Promise<Result[]> {
    return Promise.all((await this.all()).map(act));
  }

  /** One that could not be opened is tried again the next time. */
  private queueOf(pool: string): Promise<JobQueue> {
    const known = this.queues.get(pool);
    if (known) return known;
    const opening = this.openPool(pool);
    this.queues.set(pool, opening);
    opening.catch(() => this.queues.delete(pool));
    return opening;
  }
}
