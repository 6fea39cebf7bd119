/** A trainer that dies without a word while it trains. */
import type { Cluster } from '@fedamole/cluster';
import { eventually } from './eventually.js';
import type { PlatformApi } from './platform-api.js';

/** Kills the first trainer once both trainers are amid the optimiser steps of a client. */
export async function killTrainerWhileItTrains(
  cluster: Cluster,
  api: PlatformApi,
  federationId: string,
): Promise<void> {
  await eventually('both trainers train', async () => {
    const progress = await api.progress(federationId);
    const training = progress.clients.filter(({ phase, step }) => phase === 'training' && step > 0);
    return progress.round > 0 && training.length === 2 ? true : null;
  });
  const trainer = cluster.describe().services.find(({ name }) => name === 'trainer-1');
  if (trainer === undefined) throw new Error('the cluster has no trainer-1');
  process.kill(trainer.process.pid, 'SIGKILL');
}

/** Identifiers of the jobs that were taken more than once: their first trainer ended before they did. */
export function jobsTakenAgain(trainerLog: string): string[] {
  const taken = new Map<string, number>();
  for (const line of trainerLog.split('\n').filter((text) => text.includes('"training job taken"'))) {
    const { jobId } = JSON.parse(line) as { jobId: string };
    taken.set(jobId, (taken.get(jobId) ?? 0) + 1);
  }
  return [...taken].filter(([, times]) => times > 1).map(([jobId]) => jobId);
}
