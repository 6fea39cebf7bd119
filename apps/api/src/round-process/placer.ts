/**
 * Puts clients' jobs where they can run: into the pool of live trainers that was chosen for each. One that waits where nobody can
 * run it any more is moved; one that a worker holds stays there.
 */
import { baseModelStream, type RequiredJob, type UnableTrainer } from '@fedamole/federation';
import { needsOf, trainingQueueName, type JobNeeds, type LiveTrainer, type WorkerDirectory } from '@fedamole/queues';
import { foldStream, type StreamStore } from '../commands/command-handler.js';
import { baseModelDecider } from '../commands/deciders.js';
import type { JobPlace, TrainingQueues } from '../queues/training-queues.js';
import { canRunIn, placeJob, poolsOf } from '../workers/place-job.js';
import { addTraced, type JobOrigin } from './add-traced.js';

type Training = Extract<RequiredJob, { queue: 'training' }>;

export interface UnplacedJob {
  readonly id: string;
  readonly client: string;
  readonly attempt: number;
  readonly reason: string;
  readonly trainers: readonly UnableTrainer[];
}

export interface Placements {
  /** The pool of each job that is where it can run, has ended, or was put there now. */
  readonly placed: readonly { readonly client: string; readonly attempt: number; readonly pool: string }[];
  readonly unplaced: readonly UnplacedJob[];
}

export class Placer {
  constructor(
    private readonly store: StreamStore,
    private readonly queues: TrainingQueues,
    private readonly workers: Pick<WorkerDirectory, 'trainers'>,
  ) {}

  /** Jobs of one federation. */
  async place(jobs: readonly Training[], origin: JobOrigin): Promise<Placements> {
    const [first] = jobs;
    if (!first) return { placed: [], unplaced: [] };
    const { trainers } = this.workers;
    await this.queues.discover(poolsOf(trainers).map(([pool]) => pool));
    const places = await this.queues.places(jobs.map(({ id }) => id));
    const parameterCount = await this.parameterCountOf(first.payload.baseModel.name);
    const loads = await this.loads(jobs.length > places.size);
    const added = new Map<string, Training[]>();
    const placed: Placements['placed'][number][] = [];
    const unplaced: UnplacedJob[] = [];
    for (const job of jobs) {
      const { client, attempt } = job.payload;
      const place = places.get(job.id);
      const needs = needsOf(client, job.payload.configuration, parameterCount);
      if (place && isWellPlaced(place, needs, trainers)) {
        placed.push({ client, attempt, pool: place.pool });
        continue;
      }
      const chosen = placeJob(needs, trainers, (pool) => loads.get(pool) ?? 0);
      if (chosen.pool === null) {
        const { reason, trainers: unable } = chosen;
        unplaced.push({ id: job.id, client, attempt, reason, trainers: unable });
        continue;
      }
      const { pool } = chosen;
      // held: by a worker that may still end it, or by one that died, for as long as its lock lasts
      if (place && !(await this.queues.removeFrom(place.pool, job.id))) continue;
      const batch = added.get(pool) ?? [];
      batch.push(job);
      added.set(pool, batch);
      loads.set(pool, (loads.get(pool) ?? 0) + 1);
      placed.push({ client, attempt, pool });
    }
    for (const [pool, batch] of added)
      await addTraced(trainingQueueName(pool), batch, origin, (traced) => this.queues.addTo(pool, traced));
    return { placed, unplaced };
  }

  /** Jobs that wait or run, by pool. */
  private async loads(needed: boolean): Promise<Map<string, number>> {
    if (!needed || this.queues.pools.length === 1) return new Map();
    const loads = await this.queues.loads();
    return new Map(
      [...loads].map(
        ([
          pool,
          {
            jobs: { waiting, delayed, running },
          },
        ]) => [pool, waiting + delayed + running],
      ),
    );
  }

  private async parameterCountOf(baseModel: string): Promise<number | null> {
    const { state } = await foldStream(this.store, baseModelDecider, baseModelStream(baseModel));
    return state.status === 'absent' ? null : state.model.parameterCount;
  }
}

/** One that has ended is only to be recorded, wherever it is. */
const isWellPlaced = ({ pool, state }: JobPlace, needs: JobNeeds, trainers: readonly LiveTrainer[]): boolean =>
  state === 'completed' || state === 'failed' || canRunIn(pool, needs, trainers);
