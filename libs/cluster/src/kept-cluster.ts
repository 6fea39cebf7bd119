/** A cluster that was kept: finding it, and stopping it from another process. */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ClusterDescription } from './cluster-file.js';
import { clusterFile, readClusterFile } from './cluster-file.js';
import { stopPostgres } from './postgres/start-postgres.js';
import { isRunning } from './processes.js';
import { stopRedis } from './queue/start-redis.js';
import { stopService } from './services/start-service.js';
import { lockState } from './state-lock.js';

/** The cluster of this state folder whose api is running, kept or not; null where there is none (any more). */
export async function findRunning(stateFolder: string): Promise<ClusterDescription | null> {
  const description = await readClusterFile(resolve(stateFolder));
  const api = description?.services.find(({ name }) => name === 'api');
  return api && (await isRunning(api.process)) ? description : null;
}

/** The same, of kept ones only. */
export async function findKept(stateFolder: string): Promise<ClusterDescription | null> {
  const description = await findRunning(stateFolder);
  return description?.kept ? description : null;
}

/**
 * Stops whatever still runs of a kept cluster, or of one whose supervisor was killed: workers, then the api, then what
 * they store in. Says whether there was one. Throws where a supervisor uses the folder: that one stops its cluster itself.
 */
export async function stopKept(stateFolder: string): Promise<boolean> {
  const folder = resolve(stateFolder);
  if ((await readClusterFile(folder)) === null) return false;
  const lock = await lockState(folder);
  try {
    const description = await readClusterFile(folder);
    if (description === null) return false;
    const { services, queue, postgres } = description;
    const api = services.filter(({ name }) => name === 'api');
    await Promise.all(services.filter(({ name }) => name !== 'api').map(({ process }) => stopService(process)));
    await Promise.all(api.map(({ process }) => stopService(process)));
    if (queue.process) await stopRedis(queue.process, join(folder, 'redis', 'redis.json'));
    await stopPostgres(postgres.process);
    await rm(clusterFile(folder), { force: true });
    return true;
  } finally {
    await lock.release();
  }
}
