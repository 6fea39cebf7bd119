import type { QueueSettings } from '@fedamole/queues';
import { z } from 'zod';
import { documented } from './documented.js';
import type { Environment } from './secret-files.js';
import { isSet } from './secret-files.js';
import { postgresUrl, redisUrl } from './variables.js';

/** A worker needs QUEUE_DATABASE_URL where REDIS_URL is not set; the api has a database of its own to fall back on. */
export function queueVariables(environment: Environment, process: 'api' | 'worker') {
  const needed = process === 'worker' && !isSet(environment, 'REDIS_URL');
  return {
    REDIS_URL: documented(
      redisUrl.optional(),
      'Redis or Valkey of the queues',
      'not set: the queues are in PostgreSQL',
    ),
    QUEUE_PREFIX: documented(
      z
        .string()
        .regex(/^[a-z0-9_-]{1,63}$/, 'use 1 to 63 lower-case letters, digits, "_" or "-"')
        .default('fedamole'),
      'what all keys begin with there, for platforms that share it',
      '`fedamole`',
    ),
    QUEUE_DATABASE_URL: documented(
      needed ? postgresUrl : postgresUrl.optional(),
      'PostgreSQL of the queues, where `REDIS_URL` is not set',
      'api: `DATABASE_URL`; workers: required',
    ),
    QUEUE_SCHEMA: documented(
      z
        .string()
        .regex(/^[a-z_][a-z0-9_]{0,62}$/, 'use 1 to 63 lower-case letters, digits or "_"')
        .default('bullmq'),
      "schema of the queues' tables there",
      '`bullmq`',
    ),
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
