import { computeDevice, resourceName, type ComputeDevice } from '@fedamole/federation';
import type { QueueSettings } from '@fedamole/queues';
import { defaultPool } from '@fedamole/queues';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { clientsOf, clientVariables } from './client-variables.js';
import { queueOf, queueVariables } from './queue-variables.js';
import { labels } from './label-variables.js';
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { folder, host, leastFreeBytes, logLevel, port, wholeNumber } from './variables.js';
import { privateFolder } from './private-folder.js';

export interface TrainerSettings {
  queue: QueueSettings;
  artifactsFolder: string;
  /** With less room on the artifacts' disk it is not ready. */
  leastFreeBytes: number;
  modelsFolder: string;
  /** Where base models are kept that were fetched, and how many bytes all of them together may have. */
  modelsCache: { folder: string; maximumBytes: number };
  /** Where base models' weights are kept in other forms than their files'. */
  weightsFolder: string;
  /** Absolute path of the data of every client that this trainer can train. */
  clients: Readonly<Record<string, string>>;
  pool: string;
  /** As `gpu=h100`, sorted. */
  labels: readonly string[];
  /** Threads that training steps have on the CPU, divided among the jobs. */
  threads: number;
  /** How many jobs it runs at a time. */
  jobs: number;
  /** Seconds between two checkpoints of a job; 0: jobs keep none. */
  checkpointSeconds: number;
  /** Told to stop, it ends a job that takes no longer than that, and hands others back at their next step. */
  stopSeconds: number;
  /** What it computes on; `auto` chooses at start. */
  device: 'auto' | ComputeDevice;
  healthHost: string;
  /** 0: any free one. */
  healthPort: number;
  logLevel: string;
}

const variables = (environment: Environment) =>
  z
    .object({
      ...queueVariables(environment, 'worker'),
      ARTIFACTS_FOLDER: folder('read and write'),
      ARTIFACTS_FREE_MIB: leastFreeBytes,
      MODELS_FOLDER: folder('read'),
      MODELS_CACHE_FOLDER: privateFolder(environment, 'models'),
      MODELS_CACHE_MIB: wholeNumber(0, 1_000_000_000, 20_480),
      WEIGHTS_FOLDER: privateFolder(environment, 'weights'),
      ...clientVariables(environment),
      TRAINER_POOL: resourceName.default(defaultPool),
      TRAINER_LABELS: labels,
      TRAINER_THREADS: wholeNumber(1, 1024, availableParallelism()),
      TRAINER_JOBS: wholeNumber(1, 256, 1),
      TRAINER_CHECKPOINT_SECONDS: wholeNumber(0, 86_400, 60),
      TRAINER_STOP_SECONDS: wholeNumber(0, 3600, 10),
      TRAINER_DEVICE: z.enum(['auto', ...computeDevice.options]).default('auto'),
      TRAINER_HEALTH_PORT: port(0),
      HEALTH_HOST: host,
      LOG_LEVEL: logLevel,
    })
    .transform((read): TrainerSettings => ({
      queue: queueOf(read),
      artifactsFolder: read.ARTIFACTS_FOLDER,
      leastFreeBytes: read.ARTIFACTS_FREE_MIB,
      modelsFolder: read.MODELS_FOLDER,
      modelsCache: { folder: read.MODELS_CACHE_FOLDER, maximumBytes: read.MODELS_CACHE_MIB * 2 ** 20 },
      weightsFolder: read.WEIGHTS_FOLDER,
      clients: clientsOf(read),
      pool: read.TRAINER_POOL,
      labels: read.TRAINER_LABELS,
      threads: read.TRAINER_THREADS,
      jobs: read.TRAINER_JOBS,
      checkpointSeconds: read.TRAINER_CHECKPOINT_SECONDS,
      stopSeconds: read.TRAINER_STOP_SECONDS,
      device: read.TRAINER_DEVICE,
      healthHost: read.HEALTH_HOST,
      healthPort: read.TRAINER_HEALTH_PORT,
      logLevel: read.LOG_LEVEL,
    }));

/** A trainer's settings. Throws a SettingsError that names every wrong variable. */
export const readTrainerSettings = (environment: Environment): TrainerSettings =>
  readSettings(variables(environment), environment);
