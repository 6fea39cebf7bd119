/** What happens when: drawn from a seed, so that the same seed does the same things again. */
import { seededRandom, shuffled } from '@fedamole/seeded-random';
import type { QueueBackend } from './options.js';

/** A process to kill or stop; trainers are numbered from 1. */
export type Victim = 'api' | 'aggregator' | 'postgres' | 'redis' | `trainer-${number}`;

export type Deed =
  | { readonly kind: 'kill'; readonly victims: readonly Victim[] }
  /** Told to end, as in a rolling restart; it hands its jobs back. */
  | { readonly kind: 'end'; readonly victim: Victim }
  /** Stopped for longer than a job's lock lasts, then goes on as if nothing had been. */
  | { readonly kind: 'stop'; readonly victim: Victim; readonly seconds: number }
  | { readonly kind: 'wipe-queue' }
  | { readonly kind: 'fill-disk'; readonly seconds: number }
  | { readonly kind: 'deliver-twice' };

export interface Moment {
  readonly number: number;
  /** After so many further events of the federation ... */
  readonly events: number;
  /** ... and so many milliseconds. */
  readonly delay: number;
  readonly deed: Deed;
}

export interface Surroundings {
  readonly queue: QueueBackend;
  readonly trainers: number;
  readonly canFillDisk: boolean;
}

type Draw = (random: () => number, surroundings: Surroundings) => Deed;

const whole = (random: () => number, below: number): number => Math.floor(random() * below);
const trainer = (random: () => number, { trainers }: Surroundings): Victim => `trainer-${1 + whole(random, trainers)}`;

/** Longer than the lock of a job (ten seconds) and the look for stalled ones (two). */
const stopSeconds = 13;

function victimsOf({ queue, trainers }: Surroundings): Victim[] {
  const all = Array.from({ length: trainers }, (_, index): Victim => `trainer-${index + 1}`);
  return ['api', 'aggregator', 'postgres', ...(queue === 'redis' ? (['redis'] as const) : []), ...all];
}

const draws: Readonly<Record<string, Draw>> = {
  api: () => ({ kind: 'kill', victims: ['api'] }),
  aggregator: () => ({ kind: 'kill', victims: ['aggregator'] }),
  trainer: (random, surroundings) => ({ kind: 'kill', victims: [trainer(random, surroundings)] }),
  end: (random, surroundings) => ({ kind: 'end', victim: trainer(random, surroundings) }),
  postgres: () => ({ kind: 'kill', victims: ['postgres'] }),
  redis: () => ({ kind: 'kill', victims: ['redis'] }),
  several: (random, surroundings) => {
    const all = shuffled(victimsOf(surroundings), random);
    return { kind: 'kill', victims: all.slice(0, 2 + whole(random, all.length - 1)) };
  },
  wipe: () => ({ kind: 'wipe-queue' }),
  fill: (random) => ({ kind: 'fill-disk', seconds: 3 + whole(random, 4) }),
  twice: () => ({ kind: 'deliver-twice' }),
  stop: (random, surroundings) => {
    // PostgreSQL's server hands its work to other processes: stopping it alone stops nothing.
    const victims = victimsOf(surroundings).filter((victim) => victim !== 'postgres');
    return { kind: 'stop', victim: victims[whole(random, victims.length)] ?? 'api', seconds: stopSeconds };
  },
};

/** The moments `from` to `from + count - 1` of a seed. Every kind of deed comes up before any comes up again. */
export function drawMoments(seed: number, from: number, count: number, surroundings: Surroundings): Moment[] {
  const kinds = Object.keys(draws).filter(
    (kind) => (kind !== 'redis' || surroundings.queue === 'redis') && (kind !== 'fill' || surroundings.canFillDisk),
  );
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    const [block, place] = [Math.floor((number - 1) / kinds.length), (number - 1) % kinds.length];
    const kind = shuffled(kinds, seededRandom(seed, 'kinds', block))[place] ?? '';
    const random = seededRandom(seed, 'moment', number);
    const [events, delay] = [whole(random, 4), whole(random, 900)];
    const draw = draws[kind];
    if (draw === undefined) throw new Error(`there is no deed "${kind}"`);
    return { number, events, delay, deed: draw(random, surroundings) };
  });
}

export function describeDeed(deed: Deed): string {
  switch (deed.kind) {
    case 'kill':
      return `kill -9 ${deed.victims.join(', ')}`;
    case 'end':
      return `SIGTERM ${deed.victim}`;
    case 'stop':
      return `SIGSTOP ${deed.victim}, ${deed.seconds} s`;
    case 'wipe-queue':
      return 'wipe the queue';
    case 'fill-disk':
      return `fill the disk, ${deed.seconds} s`;
    case 'deliver-twice':
      return 'deliver outcomes twice';
  }
}
