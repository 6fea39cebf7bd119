/** A worker takes whatever is next on its pool's queue: trainers of one pool that differ in what they can is a misconfiguration. */
import type { LiveTrainer } from '@fedamole/queues';
import { poolsOf } from './place-job.js';

/** Names in one sentence. */
const namedAtMost = 10;

export interface PoolProblem {
  readonly worker: string;
  readonly pool: string;
  readonly problem: string;
}

/** By pool and worker; empty where the live trainers of every pool are alike. */
export function problemsOf(trainers: readonly LiveTrainer[]): PoolProblem[] {
  return poolsOf(trainers).flatMap(([pool, members]) => {
    const clients = union(members.map(({ abilities }) => abilities.clients));
    const labels = union(members.map(({ abilities }) => [...abilities.labels, `device=${abilities.device}`]));
    return members.flatMap(({ id, abilities }) => {
      const others = `other trainers of pool "${pool}"`;
      const has = [...abilities.labels, `device=${abilities.device}`];
      const missing = without(clients, abilities.clients).map((client) => `"${client}"`);
      const unlike = without(labels, has);
      return [
        ...(missing.length > 0 ? [`does not reach ${listed(missing)}, which ${others} reach`] : []),
        ...(unlike.length > 0 ? [`lacks ${listed(unlike)}, which ${others} have`] : []),
      ].map((problem) => ({ worker: id, pool, problem }));
    });
  });
}

const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();
const without = (all: readonly string[], some: readonly string[]): string[] => {
  const known = new Set(some);
  return all.filter((one) => !known.has(one));
};

function listed(names: readonly string[]): string {
  const more = names.length - namedAtMost;
  return names.slice(0, namedAtMost).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
