/** The platform on this machine: started with a model and clients, or found where it was kept running. */
import { availableParallelism } from 'node:os';
import { basename, dirname } from 'node:path';
import { ProblemError, type ApiClient } from '@fedamole/api-client';
import { folderDigest } from '@fedamole/artifacts';
import { ModelFolderError, readBaseModel } from '@fedamole/base-models';
import { Cluster, type ClusterDescription } from '@fedamole/cluster';
import { baseModelName } from '@fedamole/federation';
import type { ClientData } from './client-data.js';
import { FailedError } from './command-line/exit-status.js';
import { root } from './installation.js';
import { UsageError } from './usage-error.js';

export interface LocalPlatform {
  readonly stateFolder: string;
  readonly data: ClientData;
  /** Folder of the base model; the one above is the models root. */
  readonly model: string;
  readonly trainers: number;
  /** Null: any free one. */
  readonly port: number | null;
}

export interface Running {
  readonly description: ClusterDescription;
  /** Null where the cluster was kept by an earlier run. */
  readonly cluster: Cluster | null;
}

/** Thrown where the platform does not start: a port in use, a disk that is full, a part that fails. */
export class StartError extends FailedError {
  override readonly name = 'StartError';
}

export async function startOrFind(
  settings: LocalPlatform,
  onNotice: (notice: string) => void,
  signal: AbortSignal,
): Promise<Running> {
  const { stateFolder, data, model, trainers, port } = settings;
  const kept = await Cluster.find(stateFolder);
  if (kept !== null) {
    requireSameSettings(kept, settings);
    onNotice(`Using the cluster that was kept running since ${kept.startedAt}.`);
    return { description: kept, cluster: null };
  }
  const threadsPerTrainer = Math.max(1, Math.floor(availableParallelism() / trainers));
  onNotice(
    `Starting the platform with ${trainers} trainers of ${threadsPerTrainer} threads; its state lies in ${stateFolder}`,
  );
  const cluster = await Cluster.start({
    root,
    stateFolder,
    clients: data,
    modelsFolder: dirname(model),
    trainers,
    threadsPerTrainer,
    ...(port === null ? {} : { apiPort: port }),
    onNotice: (notice) => onNotice(`  ${notice}`),
    signal,
  }).catch((error: unknown) => {
    throw new StartError(error instanceof Error ? error.message : String(error), { cause: error });
  });
  return { description: cluster.describe(), cluster };
}

/** What a cluster was started with cannot be changed while it is kept. */
function requireSameSettings(kept: ClusterDescription, { data, model, port }: LocalPlatform): void {
  const missing = Object.keys(data).filter((name) => kept.clients[name] !== data[name]);
  const models = dirname(model);
  const problems = [
    ...(missing.length > 0 ? [`does not reach the data of ${missing.join(', ')}`] : []),
    ...(kept.modelsFolder !== models ? [`has its models in ${kept.modelsFolder}, not in ${models}`] : []),
    ...(port !== null && new URL(kept.apiUrl).port !== String(port) ? [`listens at ${kept.apiUrl}`] : []),
  ];
  if (problems.length === 0) return;
  throw new UsageError(
    `The cluster that is kept running ${problems.join(', and ')}: end it first with "npm run stop".`,
  );
}

/** Before anything starts: a folder that is missing, incomplete, or of a kind that is not supported. */
export async function checkModel(folder: string): Promise<void> {
  const name = baseModelName.safeParse(basename(folder));
  if (!name.success)
    throw new UsageError(`--model ${folder}: the folder's name is the model's: ${name.error.issues[0]?.message ?? ''}`);
  await readBaseModel(folder).catch((error: unknown) => {
    throw error instanceof ModelFolderError ? new UsageError(`--model ${error.message}`) : error;
  });
}

/** Registers the model and the clients; doing it twice changes nothing. */
export async function register(api: ApiClient, model: string, clients: readonly string[]): Promise<void> {
  const body = { name: basename(model), digest: await folderDigest(model) };
  await api.call('POST /v1/base-models', { body }).catch((error: unknown) => {
    if (!(error instanceof ProblemError) || error.code !== 'BASE_MODEL_CONFLICT') throw error;
    throw new UsageError(`--model ${model}: ${error.detail}. Give the changed model's folder another name.`);
  });
  for (const name of clients) await api.call('POST /v1/clients', { body: { name } });
}
