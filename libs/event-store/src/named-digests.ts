import type { Database } from './database.js';

/** Positions that are looked through in one go: digests come back, events' data do not travel. */
const pageSize = 5000;

/**
 * Every text of an event that is a SHA-256 digest (64 lower-case hexadecimal digits), whatever the event's type: an event
 * that is recorded in a year's time may name an artifact too.
 */
export async function namedDigests({ pool }: Database): Promise<Set<string>> {
  const named = new Set<string>();
  const { rows: heads } = await pool.query<{ position: string }>('SELECT max(position)::text AS position FROM event');
  const end = Number(heads[0]?.position ?? 0);
  for (let after = 0; after < end; after += pageSize) {
    const { rows } = await pool.query<{ digest: string }>(
      `SELECT DISTINCT part AS digest FROM event, string_to_table(data::text, '"') AS part
       WHERE position > $1 AND position <= $2 AND length(part) = 64 AND part !~ '[^0-9a-f]'`,
      [after, after + pageSize],
    );
    for (const { digest } of rows) named.add(digest);
  }
  return named;
}
