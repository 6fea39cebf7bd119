/** BullMQ's queues and workers on either backend. */
import type { BackendFactory, IQueueBackend, Processor } from 'bullmq';
import { createPostgresBackend, createRedisBackend, Queue, Worker } from 'bullmq';
import { namingConnectionLoss } from './connection-loss.js';
import type { QueueSettings } from './queue-settings.js';

/** Connections per queue or worker, beside the one that listens. */
const poolSize = 4;

type Connection =
  | { url: string; maxRetriesPerRequest: number | null }
  | { connectionString: string; schema: string; migrate: boolean; max: number };

type Backend = IQueueBackend;
export type PlatformQueue = Queue<unknown, unknown, string, unknown, unknown, string, Backend, Connection>;
export type PlatformWorker = Worker<unknown, unknown, string, Backend, object, Connection>;

const backendOf: BackendFactory<Backend, Connection> = (name, options, factoryOptions) => {
  const { connection } = options;
  return 'url' in connection
    ? createRedisBackend(name, { ...options, connection }, factoryOptions)
    : namingConnectionLoss(createPostgresBackend(name, { ...options, connection }, factoryOptions));
};

/**
 * Opens a queue to add jobs to and look at them. `migrate` lets it create or upgrade the Postgres schema; without it a
 * missing schema is an error.
 */
export function bullmqQueue(settings: QueueSettings, name: string, migrate: boolean): PlatformQueue {
  // Ioredis' own default of 20: a call throws when Redis stays away, it does not hang.
  const connection = connectionTo(settings, migrate, 20);
  return new Queue(name, { connection, ...prefixOf(settings) }, backendOf);
}

export interface WorkerTimings {
  /** Jobs at a time. */
  concurrency: number;
  /** Milliseconds that a job stays a worker's own without a sign of life. */
  lockDuration: number;
  /** Milliseconds between two looks for jobs whose worker died. */
  stalledInterval: number;
}

export function bullmqWorker(
  settings: QueueSettings,
  name: string,
  processor: Processor<unknown, unknown, string, object>,
  timings: WorkerTimings,
): PlatformWorker {
  const options = {
    ...timings,
    connection: connectionTo(settings, false, null),
    ...prefixOf(settings),
    // A stalled job is one whose worker died or was cut off: no failed attempt, however often it happens. The Postgres
    // backend keeps this number in a 32-bit integer.
    maxStalledCount: 2_147_483_647,
    // Milliseconds between two tries while the queue cannot be reached.
    runRetryDelay: 1000,
  };
  return new Worker(name, processor, options, backendOf);
}

/** On PostgreSQL the schema does what Redis' prefix does. */
const prefixOf = (settings: QueueSettings): { prefix?: string } =>
  settings.backend === 'redis' ? { prefix: settings.prefix } : {};

function connectionTo(settings: QueueSettings, migrate: boolean, maxRetriesPerRequest: number | null): Connection {
  if (settings.backend === 'redis') return { url: settings.url, maxRetriesPerRequest };
  const { connectionString, schema } = settings;
  return { connectionString, schema, migrate, max: poolSize };
}
