/** Keeps in view which workers live and which pools there are. */
import type { BackgroundLoop } from '../platform/background-loop.js';
import { startLoop } from '../platform/background-loop.js';
import type { Platform } from '../platform/platform.js';
import { problemsOf } from './pool-problems.js';
import { poolsOf } from './place-job.js';

/** Milliseconds between two looks. */
const interval = 1000;

/** Resolves after the first look. */
export async function watchWorkers({ workers, queues, logger }: Platform): Promise<BackgroundLoop> {
  let told = new Set<string>();
  const look = async (): Promise<number> => {
    await workers.look();
    const { trainers } = workers;
    await queues.training.discover(poolsOf(trainers).map(([pool]) => pool));
    const problems = problemsOf(trainers);
    const words = new Set(problems.map(({ worker, problem }) => `${worker} ${problem}`));
    for (const { worker, pool, problem } of problems) {
      if (!told.has(`${worker} ${problem}`)) logger.warn({ worker, pool }, `misconfigured trainer: ${problem}`);
    }
    told = words;
    return interval;
  };
  await look();
  return startLoop(look, (error) => logger.warn({ err: error }, 'cannot see which workers live: the queue is away'));
}
