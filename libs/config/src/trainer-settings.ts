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
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { folder, host, leastFreeBytes, logLevel, otlpEndpoint, port, wholeNumber } from './variables.js';
import { weightsFolder } from './weights-folder.js';

export interface TrainerSettings {
  queue: QueueSettings;
  artifacts: ArtifactPlace;
  /** With less room on the artifacts' disk it is not ready. */
  leastFreeBytes: number;
  modelsFolder: string;
  /** Where base models' weights are kept in other forms than their files'. */
  weightsFolder: string;
  /** Absolute path of the data of every client that this trainer can train. */
  clients: Readonly<Record<string, string>>;
  pool: string;
  /** Threads of one training step on the CPU. */
  threads: number;
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
  WEIGHTS_FOLDER: documented(
    weightsFolder(environment),
    'where frozen weights are kept in bfloat16, int8 and int4',
    '`fedamole-weights-<uid>` in the temporary folder',
  ),
  ...clientVariables(environment),
  TRAINER_POOL: documented(
    resourceName.default(defaultPool),
    'which queue it takes jobs from: `training.<pool>`',
    '`default`',
  ),
  TRAINER_THREADS: documented(
    wholeNumber(1, 1024, availableParallelism()),
    'threads of one training step on the CPU',
    'all cores',
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
    weightsFolder: read.WEIGHTS_FOLDER,
    clients: clientsOf(read),
    pool: read.TRAINER_POOL,
    threads: read.TRAINER_THREADS,
    device: read.TRAINER_DEVICE,
    healthHost: read.HEALTH_HOST,
    healthPort: read.TRAINER_HEALTH_PORT,
    logLevel: read.LOG_LEVEL,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
  }));

/** A trainer's settings. Throws a SettingsError that names every wrong variable. */
export const readTrainerSettings = (environment: Environment): TrainerSettings =>
  readSettings(variables(environment), environment);
