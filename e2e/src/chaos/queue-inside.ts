/** The queue from within, past the platform: what lies in it, and how it is emptied at one blow. */
import type { ClusterDescription } from '@fedamole/cluster';
import type { QueueSettings } from '@fedamole/queues';
import { Redis } from 'ioredis';
import pg from 'pg';

export interface QueuedJob {
  readonly queue: string;
  readonly id: string;
  readonly payload: object;
}

export interface QueueInside {
  readonly settings: QueueSettings;
  /** All jobs of federations, in whatever state. */
  jobs(): Promise<QueuedJob[]>;
  /** Everything at once: FLUSHALL; on PostgreSQL every row of the queue's schema but the ledger of its migrations. */
  wipe(): Promise<void>;
}

const prefix = 'fedamole';
const schema = 'bullmq';

export function queueInside({ queue, postgres }: ClusterDescription): QueueInside {
  const { REDIS_URL: redisUrl } = queue.env;
  if (redisUrl !== undefined) return onRedis(redisUrl);
  const url = new URL(postgres.url);
  url.pathname = '/fedamole';
  return onPostgres(url.href);
}

function onRedis(url: string): QueueInside {
  const connected = async <Result>(use: (client: Redis) => Promise<Result>): Promise<Result> => {
    const client = new Redis(url, { maxRetriesPerRequest: 0, retryStrategy: () => null, disconnectTimeout: 100 });
    client.on('error', () => undefined);
    try {
      return await use(client);
    } finally {
      client.disconnect();
    }
  };
  return {
    settings: { backend: 'redis', url, prefix },
    jobs: () =>
      connected(async (client) => {
        const jobs: QueuedJob[] = [];
        for (const key of await client.keys(`${prefix}:*`)) {
          const [, queue = '', id = '', ...rest] = key.split(':');
          if (!isJobId(id) || rest.length > 0) continue;
          const data = await client.hget(key, 'data');
          if (data !== null) jobs.push({ queue, id, payload: JSON.parse(data) as object });
        }
        return jobs;
      }),
    wipe: () => connected(async (client) => void (await client.flushall())),
  };
}

function onPostgres(connectionString: string): QueueInside {
  const connected = async <Result>(use: (client: pg.Client) => Promise<Result>): Promise<Result> => {
    const client = new pg.Client({ connectionString, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  };
  return {
    settings: { backend: 'postgres', connectionString, schema },
    jobs: () =>
      connected(async (client) => {
        const { rows } = await client.query<QueuedJob>(`SELECT queue, id, data AS payload FROM ${schema}.job`);
        return rows.filter(({ id }) => isJobId(id));
      }),
    wipe: () =>
      connected(async (client) => {
        const { rows } = await client.query<{ name: string }>(
          'SELECT tablename AS name FROM pg_tables WHERE schemaname = $1',
          [schema],
        );
        const tables = rows.map(({ name }) => name).filter((name) => name !== 'migration');
        await client.query(`TRUNCATE ${tables.map((name) => `${schema}.${name}`).join(', ')}`);
      }),
  };
}

/** Made by the platform: `<federation>.<round>.<client>.<attempt>`. */
const isJobId = (text: string): boolean => /^[^.]+\.\d+\.[^.]+\.\d+$/.test(text);
