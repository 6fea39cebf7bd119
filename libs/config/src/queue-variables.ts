import type { QueueSettings } from '@fedamole/queues';
import { z } from 'zod';
import type { Environment } from './secret-files.js';
import { isSet } from './secret-files.js';
import { postgresUrl, redisUrl } from './variables.js';

/** A worker needs QUEUE_DATABASE_URL where REDIS_URL is not set; the api has a database of its own to fall back on. */
export function queueVariables(environment: Environment, process: 'api' | 'worker') {
  const needed = process === 'worker' && !isSet(environment, 'REDIS_URL');
  return {
    REDIS_URL: redisUrl.optional(),
    QUEUE_PREFIX: z
      .string()
      .regex(/^[a-z0-9_-]{1,63}$/, 'use 1 to 63 lower-case letters, digits, "_" or "-"')
      .default('fedamole'),
    QUEUE_DATABASE_URL: needed ? postgresUrl : postgresUrl.optional(),
    QUEUE_SCHEMA: z
      .string()
      .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'use 1 to 63 lower-case letters, digits or "_"')
      .default('bullmq'),
  };
}

interface QueueVariables {
  REDIS_URL?: string | undefined;
  QUEUE_PREFIX: string;
  QUEUE_DATABASE_URL?: string | undefined;
  QUEUE_SCHEMA: string;
}

/** Where the queue is: Redis where REDIS_URL is set, else a schema of a Postgres database. */
export function queueOf(variables: QueueVariables, otherwise?: string): QueueSettings {
  const { REDIS_URL, QUEUE_PREFIX, QUEUE_DATABASE_URL, QUEUE_SCHEMA } = variables;
  if (REDIS_URL !== undefined) return { backend: 'redis', url: REDIS_URL, prefix: QUEUE_PREFIX };
  const connectionString = QUEUE_DATABASE_URL ?? otherwise;
  if (connectionString === undefined) throw new Error('neither REDIS_URL nor QUEUE_DATABASE_URL was read');
  return { backend: 'postgres', connectionString, schema: QUEUE_SCHEMA };
}
