/** Everything the API stands on, opened once: the database, the queues, the artifacts. */
import type { ArtifactStore } from '@fedamole/artifacts';
import type { ApiSettings } from '@fedamole/config';
import type { Database } from '@fedamole/event-store';
import { EventStore, openDatabase } from '@fedamole/event-store';
import type { JobQueue, QueueOptions, QueueSettings } from '@fedamole/queues';
import {
  aggregationQueueName,
  openPoolRegistry,
  openQueue,
  replayQueueName,
  trainingQueueName,
  WorkerDirectory,
} from '@fedamole/queues';
import { Projector } from '@fedamole/read-models';
import { Metrics, observedArtifacts } from '@fedamole/services';
import type { Logger } from 'pino';
import { TrainingQueues } from '../queues/training-queues.js';
import { Wakeups } from './wakeups.js';

export interface Queues {
  readonly training: TrainingQueues;
  readonly aggregation: JobQueue;
}

/** Also the token under which Nest injects it: an abstract class, as an interface leaves nothing behind. */
export abstract class Platform {
  abstract readonly settings: ApiSettings;
  abstract readonly logger: Logger;
  abstract readonly database: Database;
  abstract readonly store: EventStore;
  abstract readonly projector: Projector;
  abstract readonly queues: Queues;
  /** Aggregations of past rounds that are computed again; the round process knows nothing of them. */
  abstract readonly replays: JobQueue;
  /** Trainers and aggregators that live, as far as the queue tells. */
  abstract readonly workers: WorkerDirectory;
  abstract readonly artifacts: ArtifactStore;
  abstract readonly metrics: Metrics;
  abstract readonly wakeups: Wakeups;
  abstract close(): Promise<void>;
}

/**
 * Connects, and creates or upgrades the queue's tables. Throws where the database or the queue cannot be reached, or the
 * database was not migrated; nothing stays open then.
 */
export async function openPlatform(settings: ApiSettings, logger: Logger): Promise<Platform> {
  const closings: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const closeNext of closings.splice(0).reverse()) await closeNext();
  };
  try {
    const onDatabaseError = (error: Error): void => logger.warn({ err: error }, 'database connection lost');
    const database = openDatabase(settings.databaseUrl, onDatabaseError);
    closings.push(() => database.close());
    await requireMigrations(database, settings.databaseUrl);
    // Loads what Prisma would load at its first query: what cannot be loaded is told at the start.
    await database.prisma.$connect();

    const onError = (error: Error): void => logger.warn({ err: error }, 'queue connection failed');
    const options = { migrate: true, onError };
    const aggregation = await openQueue(settings.queue, aggregationQueueName, options);
    closings.push(() => aggregation.close());
    const replays = await openQueue(settings.queue, replayQueueName, options);
    closings.push(() => replays.close());
    const training = await openTrainingQueues(settings.queue, options);
    closings.push(() => training.close());
    const workers = await WorkerDirectory.open(settings.queue, options);
    closings.push(() => workers.close());

    const wakeups = new Wakeups(settings.databaseUrl, onDatabaseError);
    closings.push(() => wakeups.close());
    const store = new EventStore(database.prisma);
    const metrics = new Metrics();
    const { artifacts } = await observedArtifacts(metrics, settings.artifacts);
    return {
      settings,
      logger,
      database,
      store,
      projector: new Projector(database, store),
      queues: { training, aggregation },
      replays,
      workers,
      artifacts,
      metrics,
      wakeups,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

export async function openTrainingQueues(settings: QueueSettings, options: QueueOptions): Promise<TrainingQueues> {
  const registry = await openPoolRegistry(settings, options);
  return TrainingQueues.open(registry, (pool) => openQueue(settings, trainingQueueName(pool), options));
}

async function requireMigrations(database: Database, connectionString: string): Promise<void> {
  const { host, pathname } = new URL(connectionString);
  const found = await database.pool
    .query<{ table: string | null }>(`SELECT to_regclass('event') AS table`)
    .catch((error) => {
      throw new Error(`cannot reach the database ${pathname.slice(1)} at ${host}`, { cause: error });
    });
  if (found.rows[0]?.table) return;
  throw new Error('the database has no tables yet: run `npx prisma migrate deploy` with DATABASE_URL set to it');
}
