import pg from 'pg';
import { eventsChannel } from './event-store.js';

/** Milliseconds before a lost connection is tried again. */
const reconnectAfter = 1000;

export interface Subscription {
  close(): Promise<void>;
}

/**
 * Calls `onWake` when something may have been appended: on every notification, and whenever the connection is there
 * again. Readers look by themselves from time to time as well, for a notification may be lost with its
 * connection. Lost connections are reported and replaced.
 */
export function subscribe(connectionString: string, onWake: () => void, onError: (error: Error) => void): Subscription {
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let connecting: Promise<void> = Promise.resolve();

  const lose = (lost: pg.Client, error?: Error): void => {
    if (client !== lost) return;
    client = null;
    lost.end().catch(onError);
    if (closed) return;
    if (error) onError(error);
    timer = setTimeout(() => (connecting = connect()), reconnectAfter);
  };

  const connect = async (): Promise<void> => {
    const next = new pg.Client({ connectionString, keepAlive: true });
    client = next;
    next.on('error', (error) => lose(next, error));
    next.on('end', () => lose(next));
    next.on('notification', onWake);
    try {
      await next.connect();
      await next.query(`LISTEN ${eventsChannel}`);
      onWake();
    } catch (error) {
      lose(next, error instanceof Error ? error : new Error(String(error)));
    }
  };

  connecting = connect();
  return {
    async close() {
      closed = true;
      if (timer) clearTimeout(timer);
      await connecting;
      const last = client;
      client = null;
      await last?.end();
    },
  };
}
