/** What `npm run chaos` is asked for. */
import { parseArgs } from 'node:util';

export type QueueBackend = 'redis' | 'postgres';

export interface ChaosOptions {
  /** Moments in all, divided over the queues. */
  readonly times: number;
  readonly seed: number;
  readonly queues: readonly QueueBackend[];
  /** The first one trains the disturbed federations; all of them have to come to the same digests undisturbed. */
  readonly trainers: readonly number[];
}

export const usage = `npm run chaos -- [options]

  --times N               moments at which something is killed, stopped, wiped, filled or delivered twice (10)
  --seed S                the same seed draws the same moments (1)
  --queue NAME            redis, postgres or both (both)
  --trainers N[,N...]     trainer processes; with several numbers, undisturbed federations with each are compared (2)
`;

/** Null where only the usage was asked for. Throws with what is wrong. */
export function readOptions(argv: readonly string[]): ChaosOptions | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      times: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      queue: { type: 'string', default: 'both' },
      trainers: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    times: wholeNumber('--times', values.times, 0, 100_000),
    seed: wholeNumber('--seed', values.seed, 0, 0xffff_ffff),
    queues: queuesOf(values.queue),
    trainers: values.trainers.split(',').map((text) => wholeNumber('--trainers', text, 1, 64)),
  };
}

function queuesOf(name: string): QueueBackend[] {
  if (name === 'both') return ['redis', 'postgres'];
  if (name === 'redis' || name === 'postgres') return [name];
  throw new Error(`--queue is "${name}": use redis, postgres or both`);
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Error(`${option} is "${text}": use a whole number from ${least} to ${most}`);
}
