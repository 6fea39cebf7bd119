/** Where the queues live: Redis, or a schema of a Postgres database. Both behave alike here. */
import { z } from 'zod';

export const queueSettings = z.discriminatedUnion('backend', [
  z.strictObject({
    backend: z.literal('redis'),
    url: z.url({ protocol: /^rediss?$/ }),
    /** What every key begins with: sets two platforms on one Redis apart. */
    prefix: z.string().regex(/^[a-z0-9_-]{1,63}$/, 'use 1 to 63 lower-case letters, digits, "_" or "-"'),
  }),
  z.strictObject({
    backend: z.literal('postgres'),
    connectionString: z.url({ protocol: /^postgres(ql)?$/ }),
    schema: z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, 'use 1 to 63 lower-case letters, digits or "_"'),
  }),
]);
export type QueueSettings = z.infer<typeof queueSettings>;

export const aggregationQueueName = 'aggregation';

/** Aggregations of past rounds, computed again: on a queue of their own they delay no federation. */
export const replayQueueName = 'replay';

/** One queue per pool of trainers that reach the same data: a worker takes whatever is next and cannot choose. */
export const trainingQueueName = (pool: string): string => `training.${pool}`;

export const defaultPool = 'default';
