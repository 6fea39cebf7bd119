/** A cluster to be disturbed: real processes, on a state folder of its own, with its artifacts on a disk that can be filled. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KnownProcess } from '@fedamole/cluster';
import { Cluster, isRunning } from '@fedamole/cluster';
import { clients, dataOf, modelsFolder, processesOf, register, root } from '../federation-run.js';
import { PlatformApi } from '../platform-api.js';
import type { ArtifactDisk } from './artifact-disk.js';
import { mountArtifactDisk } from './artifact-disk.js';
import type { QueueBackend } from './options.js';
import type { QueueInside } from './queue-inside.js';
import { queueInside } from './queue-inside.js';

export interface ChaosCluster {
  readonly cluster: Cluster;
  readonly disk: ArtifactDisk;
  readonly queue: QueueInside;
  /** PostgreSQL where Redis was asked for and this machine has none. */
  readonly backend: QueueBackend;
  readonly stateFolder: string;
  /** Stops everything; throws where a process is left. The logs stay where `keepLogs`. */
  stop(keepLogs: boolean): Promise<void>;
}

/** Of every client's data, so that a federation takes seconds. */
const examples = 80;

/** Jobs take seconds, and are to be left with a checkpoint more often than not. */
const checkpoints = { TRAINER_CHECKPOINT_SECONDS: '1', TRAINER_STOP_SECONDS: '0' };

/** Nothing is left of it where it cannot be started. */
export async function startChaosCluster(
  backend: QueueBackend,
  trainers: number,
  onNotice: (notice: string) => void,
): Promise<ChaosCluster> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'fedamole-chaos-'));
  // Root's PostgreSQL runs as another account, which must be able to pass through.
  await chmod(stateFolder, 0o711);
  const disk = await mountArtifactDisk(join(stateFolder, 'artifacts'));
  const known = new Map<string, KnownProcess>();
  const remember = (cluster: Cluster): void => {
    for (const one of processesOf(cluster)) known.set(`${one.pid} ${one.identity}`, one);
  };
  const removeFolders = async (postgresFolder: string | null): Promise<void> => {
    await disk.unmount();
    if (postgresFolder !== null) await rm(postgresFolder, { recursive: true, force: true });
    await rm(stateFolder, { recursive: true, force: true });
  };
  let cluster: Cluster | null = null;
  try {
    const started = await Cluster.start({
      root,
      stateFolder,
      clients: await writeClients(join(stateFolder, 'clients')),
      modelsFolder,
      trainers,
      threadsPerTrainer: 1,
      // No Redis is found on an empty PATH, so the queue is PostgreSQL.
      env: { ...process.env, ...checkpoints, REDIS_URL: undefined, ...(backend === 'redis' ? {} : { PATH: '' }) },
      onNotice: (notice) => {
        if (cluster !== null) remember(cluster);
        onNotice(notice);
      },
    });
    cluster = started;
    remember(started);
    await register(new PlatformApi(started.apiUrl, started.apiKey));
    const { queue, postgres } = started.describe();
    return {
      cluster: started,
      disk,
      queue: queueInside(started.describe()),
      backend: queue.process === null ? 'postgres' : 'redis',
      stateFolder,
      async stop(keepLogs) {
        remember(started);
        await started.stop();
        const left = (await Promise.all([...known.values()].map(isRunning))).filter(Boolean).length;
        if (keepLogs) await disk.unmount();
        else await removeFolders(postgres.dataFolder);
        if (left > 0) throw new Error(`${left} processes of the cluster still run`);
      },
    };
  } catch (error) {
    await cluster?.stop();
    await removeFolders(null);
    throw error;
  }
}

/** A folder for every client, with the first of its examples. */
async function writeClients(folder: string): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const client of clients) {
    const lines = (await readFile(join(dataOf(client), 'examples.jsonl'), 'utf8')).split('\n');
    const path = join(folder, client);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'examples.jsonl'), lines.slice(0, examples).join('\n'));
    paths[client] = path;
  }
  return paths;
}
