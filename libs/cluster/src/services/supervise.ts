/** Keeps one service running: one that ends unasked is started again, and that is said. */
import type { KnownProcess } from '../processes.js';
import type { Service, ServiceOptions } from './start-service.js';
import { startService } from './start-service.js';

/** Milliseconds before the first restart; doubled for each that follows soon, up to the longest. */
const firstDelay = 500;
const longestDelay = 30_000;
/** Milliseconds for which a service has to run for its next restart to count as the first again. */
const soon = 10_000;

export interface SupervisedService {
  readonly name: string;
  readonly process: KnownProcess;
  readonly url: string | null;
  readonly notice: string | null;
  detach(): Promise<void>;
  stop(): Promise<void>;
}

export interface Supervision {
  /** Told in one line of every unexpected end and restart. */
  onNotice: (notice: string) => void;
  /** Called after each restart: the process is another one now. */
  onRestart: () => void;
}

/**
 * Starts the service and keeps it running until `stop` or `detach`. `program` is asked before every start. Throws where
 * the first start fails, or `firstStart` is aborted during it.
 */
export async function superviseService(
  program: () => Omit<ServiceOptions, 'onUnexpectedExit' | 'signal'>,
  { onNotice, onRestart }: Supervision,
  firstStart?: AbortSignal,
): Promise<SupervisedService> {
  const { name, logFile } = program();
  const ending = new AbortController();
  let restart: { timer: NodeJS.Timeout | null; done: Promise<void> } | null = null;
  let delay = firstDelay;
  let startedAt = Date.now();
  let service = await launch(firstStart ? AbortSignal.any([firstStart, ending.signal]) : ending.signal);

  function launch(signal: AbortSignal): Promise<Service> {
    startedAt = Date.now();
    return startService({ ...program(), signal, onUnexpectedExit: scheduleRestart });
  }

  function scheduleRestart(reason: string): void {
    if (ending.signal.aborted) return;
    delay = Date.now() - startedAt > soon ? firstDelay : delay;
    onNotice(`${name} ${reason}; it is started again in ${delay / 1000} s (see ${logFile}).`);
    const scheduled = { timer: null as NodeJS.Timeout | null, done: Promise.resolve() };
    scheduled.timer = setTimeout(() => (scheduled.done = startAgain()), delay);
    delay = Math.min(2 * delay, longestDelay);
    restart = scheduled;
  }

  async function startAgain(): Promise<void> {
    try {
      service = await launch(ending.signal);
      onRestart();
      onNotice(`${name} runs again.`);
    } catch (error) {
      scheduleRestart(error instanceof Error ? error.message : String(error));
    }
  }

  /** After this nothing is started any more. */
  async function endRestarts(): Promise<void> {
    ending.abort(new Error(`${name} is being stopped`));
    if (restart?.timer) clearTimeout(restart.timer);
    await restart?.done;
  }

  return {
    name,
    get process() {
      return service.process;
    },
    get notice() {
      return service.notice;
    },
    get url() {
      return service.url;
    },
    detach: async () => {
      await endRestarts();
      await service.detach();
    },
    stop: async () => {
      await endRestarts();
      await service.stop();
    },
  };
}
