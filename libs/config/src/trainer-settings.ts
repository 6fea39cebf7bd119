import type { ArtifactPlace } from '@fedamole/artifacts';
import { computeDevice, resourceName, type ComputeDevice } from '@fedamole/federation';
import type { QueueSettings } from '@fedamole/queues';
import { defaultPool } from '@fedamole/queues';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { artifactPlaceOf, artifactVariables } from './artifact-variables.js';
import { clientsOf, clientVariables } from './client-variables.js';
import { queueOf, queueVariables } from './queue-variables.js';
import { documented } from './documented.js';
import { labels } from './label-variables.js';
import { privateFolder } from './private-folder.js';
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { folder, host, leastFreeBytes, logLevel, otlpEndpoint, port, wholeNumber } from './variables.js';

export interface TrainerSettings {
  queue: QueueSettings;
  artifacts: ArtifactPlace;
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
  /** Of a collector of traces; without it there are none. */
  otlpEndpoint?: string | undefined;
}

export const trainerVariables = (environment: Environment) => ({
  ...queueVariables(environment, 'worker'),
  ...artifactVariables(environment, 'read and write'),
  ARTIFACTS_FREE_MIB: documented(leastFreeBytes, "with less room on the artifacts' disk it is not ready", '`512`'),
  MODELS_FOLDER: documented(folder('read'), 'models root: one folder per base model', 'required'),
  MODELS_CACHE_FOLDER: documented(
    privateFolder(environment, 'models'),
    'where models are kept that are not there and [were fetched](own-model-and-data.md#models-from-the-artifact-store)',
    '`fedamole-models-<uid>` in the temporary folder',
  ),
  MODELS_CACHE_MIB: documented(wholeNumber(0, 1_000_000_000, 20_480), 'what all of them together may have', '`20480`'),
  WEIGHTS_FOLDER: documented(
    privateFolder(environment, 'weights'),
    'where frozen weights are kept in bfloat16, int8 and int4',
    '`fedamole-weights-<uid>` in the temporary folder',
  ),
  ...clientVariables(environment),
  TRAINER_POOL: documented(
    resourceName.default(defaultPool),
    'which [pool](workers.md) it is in: it takes jobs from `training.<pool>`',
    '`default`',
  ),
  TRAINER_LABELS: documented(
    labels,
    'what federations may ask of it (`trainerLabels`), such as `site=north,gpu=h100`',
    'none',
  ),
  TRAINER_THREADS: documented(
    wholeNumber(1, 1024, availableParallelism()),
    'threads on the CPU, divided among its jobs',
    'all cores',
  ),
  TRAINER_JOBS: documented(wholeNumber(1, 256, 1), 'jobs that it runs at a time', '`1`'),
  TRAINER_CHECKPOINT_SECONDS: documented(
    wholeNumber(0, 86_400, 60),
    'seconds between two [checkpoints](fault-tolerance.md#checkpoints) of a job; 0: none',
    '`60`',
  ),
  TRAINER_STOP_SECONDS: documented(
    wholeNumber(0, 3600, 10),
    'told to stop, it ends a job that takes no longer, and hands others back',
    '`10`',
  ),
  TRAINER_DEVICE: documented(
    z.enum(['auto', ...computeDevice.options]).default('auto'),
    '`cpu`, `webgpu`, `cuda` or [`auto`](devices.md)',
    '`auto`',
  ),
  TRAINER_HEALTH_PORT: documented(
    port(0),
    '`/health/live`, `/health/ready` and `/metrics`; 0 takes any free one',
    '`0`',
  ),
  HEALTH_HOST: documented(host, 'where they answer', '`127.0.0.1`'),
  LOG_LEVEL: documented(logLevel, '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`', '`info`'),
  OTEL_EXPORTER_OTLP_ENDPOINT: documented(
    otlpEndpoint,
    'a collector of [traces](monitoring.md#traces), which takes OTLP over HTTP',
    'not set: there are none',
  ),
});

const variables = (environment: Environment) =>
  z.object(trainerVariables(environment)).transform((read): TrainerSettings => ({
    queue: queueOf(read),
    artifacts: artifactPlaceOf(read),
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
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
  }));

/** A trainer's settings. Throws a SettingsError that names every wrong variable. */
export const readTrainerSettings = (environment: Environment): TrainerSettings =>
  readSettings(variables(environment), environment);
