import type { ArtifactPlace } from '@fedamole/artifacts';
import type { QueueSettings } from '@fedamole/queues';
import { z } from 'zod';
import { artifactPlaceOf, artifactVariables } from './artifact-variables.js';
import { queueOf, queueVariables } from './queue-variables.js';
import { documented } from './documented.js';
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { folder, host, logLevel, otlpEndpoint, port, postgresUrl, wholeNumber } from './variables.js';

export interface ApiSettings {
  databaseUrl: string;
  queue: QueueSettings;
  artifacts: ArtifactPlace;
  modelsFolder: string;
  host: string;
  /** 0: any free one. */
  port: number;
  /** `open` lets everybody in as an operator, for development on this machine. */
  access: 'keys' | 'open';
  /** Of one key, and of one address without a key. */
  requestsPerMinute: number;
  /** Bytes of a request's body. */
  bodyLimit: number;
  /** Origins whose pages may call the API from a browser. */
  corsOrigins: readonly string[];
  logLevel: string;
  /** Of a collector of traces; without it there are none. */
  otlpEndpoint?: string | undefined;
}

const loopback = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

const origins = z
  .string()
  .default('')
  .transform((text) => text.split(',').flatMap((origin) => origin.trim() || []))
  .pipe(
    z.array(
      z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
        error: 'expected origins such as https://dashboard.example.org, separated by commas',
      }),
    ),
  );

export const apiVariables = (environment: Environment) => ({
  ...queueVariables(environment, 'api'),
  DATABASE_URL: documented(postgresUrl, 'PostgreSQL of the event store', 'required'),
  ...artifactVariables(environment, 'read'),
  MODELS_FOLDER: documented(folder('read'), 'models root: one folder per base model', 'required'),
  API_HOST: documented(host, 'where it listens', '`127.0.0.1`'),
  API_PORT: documented(port(3000), 'its port; 0 takes any free one', '`3000`'),
  API_ACCESS: documented(
    z.enum(['keys', 'open']).default('keys'),
    '`keys`, or `open` for development: everybody is an operator; on a loopback address only',
    '`keys`',
  ),
  API_REQUESTS_PER_MINUTE: documented(
    wholeNumber(1, 10_000_000, 6000),
    'of one key, and of one address without a key',
    '`6000`',
  ),
  API_BODY_LIMIT: documented(wholeNumber(1024, 2 ** 27, 2 ** 20), "bytes of a request's body", '`1048576`'),
  API_CORS_ORIGINS: documented(origins, 'origins whose pages may call it, separated by commas', 'none'),
  LOG_LEVEL: documented(logLevel, '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`', '`info`'),
  OTEL_EXPORTER_OTLP_ENDPOINT: documented(
    otlpEndpoint,
    'a collector of [traces](monitoring.md#traces), which takes OTLP over HTTP',
    'not set: there are none',
  ),
});

const variables = (environment: Environment) =>
  z
    .object(apiVariables(environment))
    .refine(({ API_ACCESS, API_HOST }) => API_ACCESS === 'keys' || loopback.test(API_HOST), {
      path: ['API_ACCESS'],
      error: 'without keys the api may listen on 127.0.0.1, ::1 or localhost only: set API_HOST to one of them',
    })
    .transform((read): ApiSettings => ({
      databaseUrl: read.DATABASE_URL,
      queue: queueOf(read, read.DATABASE_URL),
      artifacts: artifactPlaceOf(read),
      modelsFolder: read.MODELS_FOLDER,
      host: read.API_HOST,
      port: read.API_PORT,
      access: read.API_ACCESS,
      requestsPerMinute: read.API_REQUESTS_PER_MINUTE,
      bodyLimit: read.API_BODY_LIMIT,
      corsOrigins: read.API_CORS_ORIGINS,
      logLevel: read.LOG_LEVEL,
      otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
    }));

/** The api's settings. Throws a SettingsError that names every wrong variable. */
export const readApiSettings = (environment: Environment): ApiSettings =>
  readSettings(variables(environment), environment);

/** What making a key on the command line needs. Throws a SettingsError where it is wrong. */
export const readDatabaseUrl = (environment: Environment): string =>
  readSettings(z.object({ DATABASE_URL: postgresUrl }), environment).DATABASE_URL;
