/** What is to be told of where jobs are: that nobody has been able to run one for a while, and that this is over. */
import type { Federation, PlacementCommand } from '@fedamole/federation';
import { jobId, own } from '@fedamole/federation';
import type { WorkerDirectory } from '@fedamole/queues';
import type { Placements, UnplacedJob } from './placer.js';
import { UnplacedJobs } from './unplaced-jobs.js';

export interface ToldPlacement {
  readonly federationId: string;
  readonly command: PlacementCommand;
}

export class PlacementNews {
  private readonly unplaced = new UnplacedJobs();

  constructor(
    private readonly workers: Pick<WorkerDirectory, 'watchedFor'>,
    private readonly now: () => number,
  ) {}

  /** Notes all jobs of a federation that are unplaced now; returns what there is to say of those that were, and no longer are. */
  of(federation: Federation, placed: Placements['placed'], unplaced: readonly UnplacedJob[]): ToldPlacement[] {
    const { id: federationId, rounds, round } = federation;
    this.unplaced.note(federationId, round, unplaced, this.now());
    const told = rounds[round]?.unplaced ?? {};
    return placed.flatMap(({ client, attempt, pool: trainerPool }) =>
      own(told, client)?.attempt === attempt
        ? [{ federationId, command: { type: 'RecordPlaced', round, client, attempt, trainerPool } }]
        : [],
    );
  }

  /** Those that it is time to tell, until `told` is called; telling one again changes nothing. */
  due(): ToldPlacement[] {
    return this.unplaced
      .due(this.now(), this.workers.watchedFor)
      .map(({ federationId, round, client, attempt, reason, trainers }) => ({
        federationId,
        command: { type: 'RecordUnplaced', round, client, attempt, reason, trainers },
      }));
  }

  told({ federationId, command: { round, client, attempt } }: ToldPlacement): void {
    this.unplaced.told(federationId, jobId(federationId, round, client, attempt));
  }

  /** Its jobs are waited for no more. */
  forget(federationId: string): void {
    this.unplaced.forget(federationId);
  }
}
