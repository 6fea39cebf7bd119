import type { Database } from './database.js';

export interface NamingEvent {
  readonly id: string;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly recordedAt: Date;
}

/** The first events, at most `limit`, in whose data a digest stands: an artifact is there for them. Reads the whole log. */
export async function eventsNaming({ pool }: Database, digest: string, limit: number): Promise<NamingEvent[]> {
  const { rows } = await pool.query<NamingEvent>(
    `SELECT id, stream, version, type, recorded_at AS "recordedAt" FROM event
     WHERE position('"' || $1 || '"' IN data::text) > 0 ORDER BY event.position LIMIT $2`,
    [digest, limit],
  );
  return rows;
}
