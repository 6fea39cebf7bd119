/** Starts what the platform consists of, in the order in which the parts need each other. */
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ClusterDescription } from './cluster-file.js';
import { clusterFile, writeClusterFile } from './cluster-file.js';
import type { ClusterOptions } from './cluster-options.js';
import type { Server, Watch } from './keep-running.js';
import { keepRunning } from './keep-running.js';
import { migrate } from './migrate.js';
import { operatorKey } from './operator-key.js';
import { preparePlatformDatabase } from './platform-database.js';
import { startPostgres } from './postgres/start-postgres.js';
import { chooseQueue } from './queue/choose-queue.js';
import type { PlatformSettings } from './services/platform-services.js';
import { aggregatorProgram, apiProgram, trainerProgram } from './services/platform-services.js';
import type { SupervisedService } from './services/supervise.js';
import { superviseService } from './services/supervise.js';
import type { StateFolders } from './state-folder.js';
import type { UndoStack } from './undo-stack.js';

export interface RunningPlatform {
  services: readonly SupervisedService[];
  /** Of PostgreSQL, and of the queue's server where it was started here. */
  watches: readonly Watch[];
  describe(kept: boolean): ClusterDescription;
}

/** Adds to `undo` how to stop each part as soon as it runs. Throws where a part does not start. */
export async function startPlatform(
  options: ClusterOptions,
  folders: StateFolders,
  undo: UndoStack,
): Promise<RunningPlatform> {
  const { signal, onNotice = () => undefined, env = process.env } = options;
  undo.add(() => rm(clusterFile(folders.state), { force: true }));

  let postgres = await startPostgres({ folder: folders.postgres });
  undo.add(() => postgres.stop());
  onNotice(`PostgreSQL ${postgres.adopted ? 'was running already' : 'runs'} on ${postgres.dataFolder}`);
  signal?.throwIfAborted();
  const database = await preparePlatformDatabase(postgres.url, folders.state);

  const queue = await chooseQueue(env, database.workerUrl, folders.redis);
  undo.add(queue.stop);
  onNotice(`Queue: ${queue.description}`);
  await migrate(database.apiUrl, options.root, signal);

  const settings: PlatformSettings = {
    ...options,
    env,
    modelsFolder: resolve(options.modelsFolder),
    clients: Object.fromEntries(Object.entries(options.clients).map(([name, path]) => [name, resolve(path)])),
    artifactsFolder: folders.artifacts,
    logsFolder: folders.logs,
    apiPort: options.apiPort ?? 0,
    databaseUrl: database.apiUrl,
    // The api makes the queue's tables, so it comes as the owner of the database.
    apiQueue: queue.backend === 'postgres' ? { QUEUE_DATABASE_URL: database.apiUrl } : queue.env,
    workerQueue: queue.env,
  };
  const services: SupervisedService[] = [];
  const watches: Watch[] = [];
  const startedAt = new Date().toISOString();
  let apiKey = '';
  const describe = (kept: boolean): ClusterDescription => ({
    kept,
    startedAt,
    apiUrl: services[0]?.url ?? '',
    apiKey,
    clients: settings.clients,
    modelsFolder: settings.modelsFolder,
    postgres: { url: postgres.url, dataFolder: postgres.dataFolder, process: postgres.process },
    queue: { description: queue.description, env: queue.env, process: queue.server?.process ?? null },
    services: services.map(({ name, url, process }) => ({ name, url, process })),
  });
  const write = (): Promise<void> => writeClusterFile(folders.state, describe(false));
  const supervision = {
    onNotice,
    onRestart: () => void write().catch((error: unknown) => onNotice(`cluster.json: ${String(error)}`)),
  };
  const keep = (name: string, server: Server): void => {
    const watch = keepRunning(name, server, supervision);
    watches.push(watch);
    undo.add(watch.end);
  };
  const postgresPort = Number(new URL(postgres.url).port);
  keep('PostgreSQL', {
    get process() {
      return postgres.process;
    },
    async restart() {
      postgres = await startPostgres({ folder: folders.postgres, port: postgresPort });
    },
  });
  if (queue.server) keep('Redis', queue.server);

  const api = await superviseService(() => apiProgram(settings), supervision, signal);
  undo.add(api.stop);
  services.push(api);
  // Where the api is started again it must be found where it was.
  if (api.url !== null) settings.apiPort = Number(new URL(api.url).port);
  apiKey = await operatorKey(api.url ?? '', apiProgram(settings), folders.state);
  onNotice(`api: ${api.url ?? 'runs'}`);

  const numbers = Array.from({ length: options.trainers }, (_, index) => index + 1);
  const programs = [
    () => aggregatorProgram(settings),
    ...numbers.map((number) => () => trainerProgram(settings, number)),
  ];
  const started = await Promise.allSettled(programs.map((program) => superviseService(program, supervision, signal)));
  const workers = started.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  undo.add(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  services.push(...workers);
  const failure = started.find((outcome) => outcome.status === 'rejected');
  if (failure) throw failure.reason;
  await write();
  const devices = [...new Set(workers.flatMap(({ notice }) => notice ?? []))].join(' and ');
  onNotice(`aggregator and ${options.trainers === 1 ? 'a trainer' : `${options.trainers} trainers`} run ${devices}`);
  return { services, watches, describe };
}
