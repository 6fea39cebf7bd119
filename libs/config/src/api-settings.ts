import type { QueueSettings } from '@fedamole/queues';
import { z } from 'zod';
import { queueOf, queueVariables } from './queue-variables.js';
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { folder, host, logLevel, port, postgresUrl } from './variables.js';

export interface ApiSettings {
  databaseUrl: string;
  queue: QueueSettings;
  artifactsFolder: string;
  modelsFolder: string;
  host: string;
  /** 0: any free one. */
  port: number;
  logLevel: string;
}

const variables = (environment: Environment) =>
  z
    .object({
      ...queueVariables(environment, 'api'),
      DATABASE_URL: postgresUrl,
      ARTIFACTS_FOLDER: folder('read'),
      MODELS_FOLDER: folder('read'),
      API_HOST: host,
      API_PORT: port(3000),
      LOG_LEVEL: logLevel,
    })
    .transform((read): ApiSettings => ({
      databaseUrl: read.DATABASE_URL,
      queue: queueOf(read, read.DATABASE_URL),
      artifactsFolder: read.ARTIFACTS_FOLDER,
      modelsFolder: read.MODELS_FOLDER,
      host: read.API_HOST,
      port: read.API_PORT,
      logLevel: read.LOG_LEVEL,
    }));

/** The api's settings. Throws a SettingsError that names every wrong variable. */
export const readApiSettings = (environment: Environment): ApiSettings =>
  readSettings(variables(environment), environment);
