import type pg from 'pg';
import type { Checkpoint } from './stored-event.js';

type Queryable = Pick<pg.Pool, 'query'>;

/** How far named readers have come, on a pool or within a transaction's client. */
export const checkpointQueries = {
  async load(client: Queryable, name: string): Promise<Checkpoint | null> {
    const { rows } = await client.query<{ transaction_id: string; position: string }>(
      'SELECT transaction_id, position FROM checkpoint WHERE name = $1',
      [name],
    );
    return rows[0] ? { transactionId: rows[0].transaction_id, position: rows[0].position } : null;
  },

  async save(client: Queryable, name: string, { transactionId, position }: Checkpoint): Promise<void> {
    await client.query(
      `INSERT INTO checkpoint (name, transaction_id, position) VALUES ($1, $2::xid8, $3)
       ON CONFLICT (name) DO UPDATE SET transaction_id = excluded.transaction_id, position = excluded.position`,
      [name, transactionId, position],
    );
  },
};
