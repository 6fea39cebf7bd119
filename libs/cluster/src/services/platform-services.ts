/** The platform's processes: which programs they are, and the environment that each is given. */
import { join } from 'node:path';
import type { ServiceOptions } from './start-service.js';

export interface PlatformSettings {
  /** The repository's root. */
  root: string;
  /** Path of the data of every client, by its name. */
  clients: Readonly<Record<string, string>>;
  modelsFolder: string;
  artifactsFolder: string;
  logsFolder: string;
  threadsPerTrainer: number;
  /** 0: any free one. */
  apiPort: number;
  /** Of the event store; for the api alone. */
  databaseUrl: string;
  apiQueue: Readonly<Record<string, string>>;
  workerQueue: Readonly<Record<string, string>>;
  /** What all of them inherit. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Read from this environment they would turn a service towards something that is not of this cluster. */
const ownVariables = [
  'ARTIFACTS_S3_BUCKET',
  'DATABASE_URL',
  'REDIS_URL',
  'QUEUE_PREFIX',
  'QUEUE_DATABASE_URL',
  'QUEUE_SCHEMA',
  'TRAINER_POOL',
];

type ServiceProgram = Pick<ServiceOptions, 'name' | 'entry' | 'env' | 'logFile'>;

export function apiProgram(settings: PlatformSettings): ServiceProgram {
  return program(settings, 'api', 'api', {
    ...settings.apiQueue,
    DATABASE_URL: settings.databaseUrl,
    API_HOST: '127.0.0.1',
    API_PORT: String(settings.apiPort),
  });
}

export function aggregatorProgram(settings: PlatformSettings): ServiceProgram {
  return program(settings, 'aggregator', 'aggregator', {
    ...settings.workerQueue,
    HEALTH_HOST: '127.0.0.1',
    AGGREGATOR_HEALTH_PORT: '0',
  });
}

/** Trainers are told apart by their number, from 1. */
export function trainerProgram(settings: PlatformSettings, number: number): ServiceProgram {
  return program(settings, 'trainer', `trainer-${number}`, {
    ...settings.workerQueue,
    HEALTH_HOST: '127.0.0.1',
    TRAINER_HEALTH_PORT: '0',
    TRAINER_CLIENTS: JSON.stringify(settings.clients),
    TRAINER_THREADS: String(settings.threadsPerTrainer),
  });
}

function program(
  settings: PlatformSettings,
  app: string,
  name: string,
  variables: Readonly<Record<string, string>>,
): ServiceProgram {
  const inherited = Object.entries(settings.env).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !ownVariables.includes(entry[0]),
  );
  return {
    name,
    entry: join(settings.root, 'apps', app, 'dist', 'main.js'),
    env: {
      ...Object.fromEntries(inherited),
      ARTIFACTS_FOLDER: settings.artifactsFolder,
      MODELS_FOLDER: settings.modelsFolder,
      ...variables,
    },
    logFile: join(settings.logsFolder, `${name}.log`),
  };
}
