/** Keeps PostgreSQL or Redis running: one that ends unasked is started again where it was, and that is said. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { KnownProcess } from './processes.js';
import { isRunning } from './processes.js';

/** Milliseconds between two looks whether it runs, and between two tries to start it again. */
const interval = 250;
const pause = 1000;

export interface Server {
  readonly process: KnownProcess;
  /** Starts it at the same address, on the same data. */
  restart(): Promise<void>;
}

export interface Watch {
  /** From now on it is not started again; waits for a start that is under way. */
  end(): Promise<void>;
}

/** Never throws: a start that fails is told to `onNotice` and tried again. */
export function keepRunning(
  name: string,
  server: Server,
  { onNotice, onRestart }: { onNotice: (notice: string) => void; onRestart: () => void },
): Watch {
  const ending = new AbortController();
  const { signal } = ending;

  async function watch(): Promise<void> {
    while (await rested(interval)) {
      if (await isRunning(server.process)) continue;
      onNotice(`${name} ended; it is started again.`);
      await startAgain();
    }
  }

  async function startAgain(): Promise<void> {
    do {
      try {
        await server.restart();
        onRestart();
        onNotice(`${name} runs again.`);
        return;
      } catch (error) {
        onNotice(`${name} could not be started again: ${error instanceof Error ? error.message : String(error)}`);
      }
    } while (await rested(pause));
  }

  /** False once it is told to end. The timer keeps no process from ending. */
  async function rested(milliseconds: number): Promise<boolean> {
    await sleep(milliseconds, undefined, { ref: false, signal }).catch(() => undefined);
    return !signal.aborted;
  }

  const watching = watch();
  return {
    async end() {
      ending.abort();
      await watching;
    },
  };
}
