/**
 * Checks the hash chain over the whole log. Postgres computes the hashes, so that no event's data travel; the links are
 * compared here. One snapshot is looked at, whatever is appended meanwhile, a page at a time.
 */
import type pg from 'pg';
import type { Database } from './database.js';
import { onOwnConnection } from './database.js';

/** Where the log ends; whoever keeps it elsewhere can later tell that nothing before it was rewritten. */
export interface LogEnd {
  readonly position: string;
  /** 64 lower-case hexadecimal digits. */
  readonly hash: string;
}

/** The first event that does not fit. */
export interface Tampering {
  /**
   * `changed`: a column does not have its hash. `removed`: events before this one are missing; for the end of the log,
   * the last event that is left. `misplaced`: it was inserted, moved or forged. `rewritten`: it is not the event that was
   * kept as the log's end.
   */
  readonly what: 'changed' | 'removed' | 'misplaced' | 'rewritten';
  readonly position: string;
  /** Null where no event is left at that position. */
  readonly event: {
    readonly id: string;
    readonly stream: string;
    readonly version: number;
    readonly type: string;
  } | null;
  readonly reason: string;
}

export interface Verification {
  /** Events that were looked at. */
  readonly events: number;
  readonly end: LogEnd;
  readonly tampering: Tampering | null;
}

interface ChainRow {
  id: string;
  stream: string;
  version: number;
  type: string;
  position: string;
  previous_hash: string;
  hash: string;
  computed: string;
}

const pageSize = 2000;
const genesis: LogEnd = { position: '0', hash: '0'.repeat(64) };

/** `kept` is the end of an earlier verification: the log must still contain it. */
export async function verifyLog(database: Database, kept: LogEnd | null = null): Promise<Verification> {
  return onOwnConnection(database, async (client) => {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return verifySnapshot(client, kept);
  });
}

async function verifySnapshot(client: pg.PoolClient, kept: LogEnd | null): Promise<Verification> {
  let events = 0;
  let previous = genesis;
  let last: ChainRow | null = null;
  for (;;) {
    const page = await readPage(client, previous.position);
    for (const row of page) {
      const tampering = tamperingOf(row, previous) ?? rewritingOf(row, previous, kept);
      if (tampering) return { events, end: previous, tampering };
      events++;
      previous = { position: row.position, hash: row.hash };
      last = row;
    }
    if (page.length < pageSize) break;
  }
  return { events, end: previous, tampering: await endTampering(client, previous, last, kept) };
}

async function readPage(client: pg.PoolClient, after: string): Promise<ChainRow[]> {
  const { rows } = await client.query<ChainRow>(
    `SELECT id, stream, version, type, position::text AS position, encode(previous_hash, 'hex') AS previous_hash,
       encode(hash, 'hex') AS hash, encode(event_hash(event), 'hex') AS computed
     FROM event WHERE event.position > $1 ORDER BY event.position LIMIT $2`,
    [after, pageSize],
  );
  return rows;
}

function tamperingOf(row: ChainRow, previous: LogEnd): Tampering | null {
  const intact = row.computed === row.hash;
  const follows = row.previous_hash === previous.hash;
  if (intact && follows) return null;
  if (follows) return found('changed', row, `its columns have the hash ${row.computed}, not ${row.hash}`);
  const link = `it follows the hash ${row.previous_hash}, but the event before it (position ${previous.position}) has ${previous.hash}`;
  return found(intact ? 'removed' : 'misplaced', row, link);
}

/** Only the event at the kept position may be the first at or beyond it. */
function rewritingOf(row: ChainRow, previous: LogEnd, kept: LogEnd | null): Tampering | null {
  if (!kept || BigInt(kept.position) <= BigInt(previous.position)) return null;
  if (BigInt(kept.position) > BigInt(row.position)) return null;
  if (row.position === kept.position && row.hash === kept.hash) return null;
  return found('rewritten', row, `position ${kept.position} was kept with hash ${kept.hash}, not ${row.hash}`);
}

/** What the last events alone cannot tell: the log's head remembers how far it went. */
async function endTampering(
  client: pg.PoolClient,
  end: LogEnd,
  last: ChainRow | null,
  kept: LogEnd | null,
): Promise<Tampering | null> {
  const { rows } = await client.query<LogEnd>(
    `SELECT position::text AS position, encode(hash, 'hex') AS hash FROM event_head`,
  );
  const atEnd = (what: Tampering['what'], reason: string): Tampering =>
    last ? found(what, last, reason) : { what, position: '0', event: null, reason };
  const [head] = rows;
  if (!head) return atEnd('removed', "the log's head is missing");
  const described = `the log's head is position ${head.position} with hash ${head.hash}`;
  if (BigInt(head.position) > BigInt(end.position))
    return atEnd('removed', `events after it are missing: ${described}`);
  if (head.position !== end.position || head.hash !== end.hash) return atEnd('misplaced', described);
  if (kept && BigInt(kept.position) > BigInt(end.position)) {
    return atEnd('removed', `events after it are missing: position ${kept.position} was kept`);
  }
  return null;
}

function found(what: Tampering['what'], { id, stream, version, type, position }: ChainRow, reason: string): Tampering {
  return { what, position, event: { id, stream, version, type }, reason };
}
