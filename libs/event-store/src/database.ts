import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.js';

/** One pool of connections under both: the events in plain SQL, the read models through Prisma. */
export interface Database {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  /** Another client of the same pool, whose tables are those of this schema; nobody needs to close it. */
  inSchema(schema: string): PrismaClient;
  close(): Promise<void>;
}

/** Connects when first used. `onError` is told of connections that broke while idle; they are replaced. */
export function openDatabase(connectionString: string, onError: (error: Error) => void): Database {
  const pool = new pg.Pool({ connectionString, max: 10 });
  pool.on('error', onError);
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
  return {
    pool,
    prisma,
    inSchema: (schema) => new PrismaClient({ adapter: new PrismaPg(pool, { schema }) }),
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/**
 * Uses a connection alone, and closes it: locks, settings and transactions that are left go with it. One that breaks
 * between two queries makes the next query throw.
 */
export async function onOwnConnection<Result>(
  { pool }: Database,
  use: (client: pg.PoolClient) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  client.on('error', () => undefined);
  try {
    return await use(client);
  } finally {
    client.release(true);
  }
}
