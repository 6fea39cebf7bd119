import pg from 'pg';

/** Names the lock within the database: the bytes of "feda". */
const lockKey = 0x66_65_64_61;

/**
 * A lock that one process at a time holds: a Postgres session's advisory lock, on a connection of its own. It goes with
 * the connection, so a process that dies or is cut off makes room for another.
 */
export class LeaderLock {
  private client: pg.Client | null = null;

  constructor(
    private readonly connectionString: string,
    private readonly onError: (error: Error) => void,
  ) {}

  /** True where this process holds the lock, now or already. Throws where the database cannot be reached. */
  async acquire(): Promise<boolean> {
    if (this.client) return true;
    const client = new pg.Client({ connectionString: this.connectionString, keepAlive: true });
    client.on('error', (error) => {
      this.lose(client);
      this.onError(error);
    });
    client.on('end', () => this.lose(client));
    try {
      await client.connect();
      const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [lockKey]);
      if (rows[0]?.taken) this.client = client;
    } finally {
      if (this.client !== client) await client.end();
    }
    return this.client === client;
  }

  async release(): Promise<void> {
    const { client } = this;
    this.client = null;
    await client?.end();
  }

  private lose(client: pg.Client): void {
    if (this.client === client) this.client = null;
  }
}
