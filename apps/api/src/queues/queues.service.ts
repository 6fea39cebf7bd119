import type { JobQueue, LiveWorker } from '@fedamole/queues';
import { aggregationQueueName, replayQueueName, trainingQueueName } from '@fedamole/queues';
import { Inject, Injectable } from '@nestjs/common';
import { currentCaller } from '../commands/request-origin.js';
import { Platform } from '../platform/platform.js';
import { parkedJobs } from './parked-jobs.js';
import type { QueueList, QueueResource } from './schemas.js';

@Injectable()
export class QueuesService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async list(): Promise<QueueList> {
    // counts are of everybody's jobs
    const queues = currentCaller().scope === 'site' ? [] : await this.queues();
    return { queues, parked: await parkedJobs(this.platform) };
  }

  private async queues(): Promise<QueueResource[]> {
    const { queues, replays, workers } = this.platform;
    const all = [queues.aggregation, replays, ...(await queues.training.all())];
    const pools = new Map(queues.training.pools.map((pool) => [trainingQueueName(pool), pool]));
    const described = all.map((queue) => describe(queue, pools.get(queue.name) ?? null, workers.live));
    return (await Promise.all(described)).sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

async function describe(queue: JobQueue, pool: string | null, live: readonly LiveWorker[]): Promise<QueueResource> {
  const { jobs, oldestAddedAt } = await queue.load();
  return {
    name: queue.name,
    pool,
    workers: live.filter((worker) => queuesOf(worker).includes(queue.name)).length,
    jobs,
    oldestAgeSeconds: oldestAddedAt === null ? null : Math.max(0, Date.now() - oldestAddedAt) / 1000,
  };
}

const queuesOf = (worker: LiveWorker): string[] =>
  worker.kind === 'trainer' ? [trainingQueueName(worker.abilities.pool)] : [aggregationQueueName, replayQueueName];
