import { allFederations } from '../federations/all-federations.js';
import type { BackgroundLoop } from '../platform/background-loop.js';
import { startLoop } from '../platform/background-loop.js';
import type { Platform } from '../platform/platform.js';
import { LeaderLock } from './leader-lock.js';
import { RoundProcess } from './round-process.js';

/** Milliseconds between two looks: while federations run, while none does, and while another replica leads. */
const pauses = { busy: 300, idle: 2000, following: 1000 };
/** Milliseconds between two sweeps over all running federations. */
const sweepInterval = 5000;

/** Runs the round process in this replica while no other one does. */
export function startRoundProcess(platform: Platform): BackgroundLoop {
  const { logger } = platform;
  const lock = new LeaderLock(platform.settings.databaseUrl, (error) =>
    logger.warn({ err: error }, 'lost the lock of the round process'),
  );
  let process: RoundProcess | null = null;
  let sweptAt = 0;
  let sweptGeneration = -1;

  const step = async (): Promise<number> => {
    if (!(await lock.acquire())) {
      process = null;
      return pauses.following;
    }
    if (!process) {
      logger.info('this replica runs the round process');
      process = new RoundProcess({
        ...platform,
        runningFederations: async () => (await allFederations(platform, 'running')).map(({ id }) => id),
        now: Date.now,
      });
      sweptAt = 0;
    }
    // whoever lives decides where jobs go
    const { generation } = platform.workers;
    if (Date.now() - sweptAt >= sweepInterval || generation !== sweptGeneration) {
      await process.sweep();
      sweptAt = Date.now();
      sweptGeneration = generation;
    }
    if (await process.step()) return 0;
    return process.busy ? pauses.busy : pauses.idle;
  };

  const loop = startLoop(step, (error) => logger.error({ err: error }, 'the round process stumbled; it goes on'));
  const endWakeups = platform.wakeups.onWake(() => loop.wake());
  return {
    wake: () => loop.wake(),
    async close() {
      endWakeups();
      await loop.close();
      await lock.release();
    },
  };
}
