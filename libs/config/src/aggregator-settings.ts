import type { ArtifactPlace } from '@fedamole/artifacts';
import type { QueueSettings } from '@fedamole/queues';
import { z } from 'zod';
import { artifactPlaceOf, artifactVariables } from './artifact-variables.js';
import { queueOf, queueVariables } from './queue-variables.js';
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

const variables = (environment: Environment) =>
  z
    .object({
      ...queueVariables(environment, 'worker'),
      ...artifactVariables(environment, 'read and write'),
      ARTIFACTS_FREE_MIB: leastFreeBytes,
      AGGREGATOR_HEALTH_PORT: port(0),
      HEALTH_HOST: host,
      LOG_LEVEL: logLevel,
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpEndpoint,
    })
    .transform((read): AggregatorSettings => ({
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
