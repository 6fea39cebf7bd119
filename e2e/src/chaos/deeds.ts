/** Does to a running cluster what a moment says. Only processes that belong to the cluster are touched, by their id. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, KnownProcess } from '@fedamole/cluster';
import { isRunning } from '@fedamole/cluster';
import { openQueue } from '@fedamole/queues';
import type { ArtifactDisk } from './artifact-disk.js';
import type { JobRecorder } from './job-recorder.js';
import type { Deed, Victim } from './moments.js';
import type { QueueInside } from './queue-inside.js';

export interface Target {
  readonly cluster: Cluster;
  readonly queue: QueueInside;
  readonly disk: ArtifactDisk;
  readonly recorder: JobRecorder;
}

/** Ends what was done: what was stopped goes on, the disk has room again. */
export type Mend = () => Promise<void>;

/** Resolves as soon as it is done, with what ends it after the deed's seconds. */
export async function inflict(deed: Deed, target: Target): Promise<Mend> {
  switch (deed.kind) {
    case 'kill':
      for (const victim of deed.victims) await signal(target.cluster, victim, 'SIGKILL');
      return nothingToMend;
    case 'end':
      await signal(target.cluster, deed.victim, 'SIGTERM');
      return nothingToMend;
    case 'stop':
      await signal(target.cluster, deed.victim, 'SIGSTOP');
      return async () => {
        await sleep(deed.seconds * 1000);
        await signal(target.cluster, deed.victim, 'SIGCONT');
      };
    case 'wipe-queue':
      await target.queue.wipe();
      return nothingToMend;
    case 'fill-disk':
      await target.disk.fill();
      return async () => {
        await sleep(deed.seconds * 1000);
        await target.disk.free();
      };
    case 'deliver-twice':
      await deliverTwice(target);
      return nothingToMend;
  }
}

const nothingToMend: Mend = async () => undefined;

/** Jobs that ended and were recorded are there once more: whoever does them again has the same outcome to deliver. */
async function deliverTwice({ queue, recorder }: Target): Promise<void> {
  const present = new Set((await queue.jobs()).map(({ id }) => id));
  const ended = recorder.seen().filter(({ id }) => !present.has(id));
  for (const name of new Set(ended.map((job) => job.queue))) {
    const open = await openQueue(queue.settings, name, { migrate: false, onError: () => undefined });
    try {
      for (const { queue: of, id, payload } of ended) if (of === name) await open.add(id, payload);
    } finally {
      await open.close();
    }
  }
}

async function signal(cluster: Cluster, victim: Victim, name: NodeJS.Signals): Promise<void> {
  const known = processOf(cluster, victim);
  if (await isRunning(known)) process.kill(known.pid, name);
}

function processOf(cluster: Cluster, victim: Victim): KnownProcess {
  const { services, queue, postgres } = cluster.describe();
  const service = services.find(({ name }) => name === victim)?.process;
  const known = victim === 'postgres' ? postgres.process : victim === 'redis' ? queue.process : service;
  if (!known) throw new Error(`the cluster has no ${victim}`);
  return known;
}
