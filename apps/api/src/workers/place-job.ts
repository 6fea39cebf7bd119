/** Which pool a job goes to. A worker takes whatever is next on its pool's queue, so it is the pool that is chosen. */
import type { UnableTrainer } from '@fedamole/federation';
import { lackOf, type JobNeeds, type LiveTrainer } from '@fedamole/queues';

/** Trainers that are named where none can run a job. */
const namedAtMost = 20;

export type Placement =
  | { readonly pool: string }
  | { readonly pool: null; readonly reason: string; readonly trainers: readonly UnableTrainer[] };

/**
 * A pool whose live trainers can all run it comes before one where only some can (those that cannot hand the job back), then
 * the one with the fewest jobs for each trainer that can, then the first by name.
 */
export function placeJob(
  needs: JobNeeds,
  trainers: readonly LiveTrainer[],
  jobsIn: (pool: string) => number = () => 0,
): Placement {
  const candidates = poolsOf(trainers).flatMap(([pool, members]) => {
    const able = members.filter(({ abilities }) => lackOf(abilities, needs) === null).length;
    if (able === 0) return [];
    return [{ pool, mixed: able < members.length ? 1 : 0, load: jobsIn(pool) / able }];
  });
  const [best] = candidates.sort((a, b) => a.mixed - b.mixed || a.load - b.load || (a.pool < b.pool ? -1 : 1));
  return best ? { pool: best.pool } : { pool: null, ...explained(needs, trainers) };
}

/** Whether a live trainer of the pool can run it. */
export const canRunIn = (pool: string, needs: JobNeeds, trainers: readonly LiveTrainer[]): boolean =>
  trainers.some(({ abilities }) => abilities.pool === pool && lackOf(abilities, needs) === null);

/** By name. */
export function poolsOf(trainers: readonly LiveTrainer[]): [string, LiveTrainer[]][] {
  const pools = new Map<string, LiveTrainer[]>();
  for (const trainer of trainers) {
    const { pool } = trainer.abilities;
    pools.set(pool, [...(pools.get(pool) ?? []), trainer]);
  }
  return [...pools].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The reason names no trainer: whoever may know of a client need not know of other parties' machines. */
function explained(needs: JobNeeds, trainers: readonly LiveTrainer[]): { reason: string; trainers: UnableTrainer[] } {
  if (trainers.length === 0) return { reason: 'there is no live trainer', trainers: [] };
  const unable = trainers.map(({ id, abilities }) => ({ trainer: id, lacks: lackOf(abilities, needs) ?? '' }));
  const counts = new Map<string, number>();
  for (const { lacks } of unable) counts.set(lacks, (counts.get(lacks) ?? 0) + 1);
  const parts = [...counts].map(([lacks, count]) => `${lacks} (${count} of ${trainers.length})`);
  return {
    reason: `no live trainer can run it: ${parts.join('; ')}`,
    trainers: unable.slice(0, namedAtMost),
  };
}
