import type { ArtifactPlace } from '@fedamole/artifacts';
import type { QueueSettings } from '@fedamole/queues';
import { z } from 'zod';
import { artifactPlaceOf, artifactVariables } from './artifact-variables.js';
import { queueOf, queueVariables } from './queue-variables.js';
import { documented } from './documented.js';
import type { Environment } from './settings-error.js';
import { readSettings } from './settings-error.js';
import { host, leastFreeBytes, logLevel, otlpEndpoint, port } from './variables.js';

export interface AggregatorSettings {
  queue: QueueSettings;
  artifacts: ArtifactPlace;
  /** With less room on the artifacts' disk it is not ready. */
  leastFreeBytes: number;
  healthHost: string;
  /** 0: any free one. */
  healthPort: number;
  logLevel: string;
  /** Of a collector of traces; without it there are none. */
  otlpEndpoint?: string | undefined;
}

export const aggregatorVariables = (environment: Environment) => ({
  ...queueVariables(environment, 'worker'),
  ...artifactVariables(environment, 'read and write'),
  ARTIFACTS_FREE_MIB: documented(leastFreeBytes, "with less room on the artifacts' disk it is not ready", '`512`'),
  AGGREGATOR_HEALTH_PORT: documented(port(0), 'likewise', '`0`'),
  HEALTH_HOST: documented(host, 'where they answer', '`127.0.0.1`'),
  LOG_LEVEL: documented(logLevel, '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`', '`info`'),
  OTEL_EXPORTER_OTLP_ENDPOINT: documented(
    otlpEndpoint,
    'a collector of [traces](monitoring.md#traces), which takes OTLP over HTTP',
    'not set: there are none',
  ),
});

const variables = (environment: Environment) =>
  z.object(aggregatorVariables(environment)).transform((read): AggregatorSettings => ({
    queue: queueOf(read),
    artifacts: artifactPlaceOf(read),
    leastFreeBytes: read.ARTIFACTS_FREE_MIB,
    healthHost: read.HEALTH_HOST,
    healthPort: read.AGGREGATOR_HEALTH_PORT,
    logLevel: read.LOG_LEVEL,
    otlpEndpoint: read.OTEL_EXPORTER_OTLP_ENDPOINT,
  }));

/** The aggregator's settings. Throws a SettingsError that names every wrong variable. */
export const readAggregatorSettings = (environment: Environment): AggregatorSettings =>
  readSettings(variables(environment), environment);
