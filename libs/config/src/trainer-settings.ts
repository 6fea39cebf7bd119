import type { ArtifactPlace } from '@fedamole/artifacts';
import { computeDevice, resourceName, type ComputeDevice } from '@fedamole/federation';
import type { QueueSettings } from '@fedamole/queues';
import { defaultPool } from '@fedamole/queues';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { artifactPlaceOf, artifactVariables } from './artifact-variables.js';
import { clientsOf, clientVariables } from './client-variables.js';
import { queueOf, queueVariables } from './queue-variables.js';
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

const variables = (environment: Environment) =>
  z
    .object({
      ...queueVariables(environment, 'worker'),
      ...artifactVariables(environment, 'read and write'),
      ARTIFACTS_FREE_MIB: leastFreeBytes,
      MODELS_FOLDER: folder('read'),
      WEIGHTS_FOLDER: weightsFolder(environment),
      ...clientVariables(environment),
      TRAINER_POOL: resourceName.default(defaultPool),
      TRAINER_THREADS: wholeNumber(1, 1024, availableParallelism()),
      TRAINER_DEVICE: z.enum(['auto', ...computeDevice.options]).default('auto'),
      TRAINER_HEALTH_PORT: port(0),
      HEALTH_HOST: host,
      LOG_LEVEL: logLevel,
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    })
    .transform((read): TrainerSettings => ({
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
