/** One federation from its start to its end, and what is done to the platform meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning } from '@fedamole/cluster';
import type { FederationConfigurationInput } from '@fedamole/federation';
import { createAndStart, processesOf } from '../federation-run.js';
import type { EventBody } from '../platform-api.js';
import { PlatformApi } from '../platform-api.js';
import type { Target } from './deeds.js';
import { inflict } from './deeds.js';
import { recordJobs } from './job-recorder.js';
import type { Moment } from './moments.js';
import { describeDeed } from './moments.js';
import type { Traces } from './traces.js';
import { readTraces } from './traces.js';

/** As little as lets every kind of job take long enough to be disturbed. */
const configuration: FederationConfigurationInput = {
  rounds: 2,
  stepsPerRound: 20,
  learningRate: 3e-3,
  maxLength: 128,
  maxNewTokens: 4,
};

/** Milliseconds between two looks, and without any event until a federation counts as stuck. */
const interval = 50;
const patience = 120_000;

export interface Happened {
  readonly moment: Moment;
  /** Where the federation was, in words. */
  readonly place: string;
  /** From the deed to the next event, which moved the federation. */
  readonly seconds: number;
}

export interface RunFederation {
  readonly happened: readonly Happened[];
  readonly traces: Traces;
}

/**
 * Takes moments off the front of `moments` as long as the federation runs. Throws where it gets stuck or does not complete,
 * where jobs are left in the queue, or an event or artifact is not what it has to be by itself.
 */
export async function runFederation(
  surroundings: Omit<Target, 'recorder'>,
  moments: Moment[],
  onHappened: (happened: Happened) => void,
): Promise<RunFederation> {
  const { cluster, queue, disk } = surroundings;
  await disk.clear();
  const api = new PlatformApi(cluster.apiUrl, cluster.apiKey);
  const id = await createAndStart(api, 'chaos', configuration);
  const recorder = recordJobs(queue);
  const happened: Happened[] = [];
  /** Events once there are so many, or the federation has ended. */
  const eventsUpTo = (count: number): Promise<EventBody[]> =>
    within(patience, `event ${count} of federation ${id}`, async () => {
      const events = await api.events(id);
      return events.length >= count || hasEnded(events) ? events : null;
    });
  try {
    let events = await eventsUpTo(1);
    while (!hasEnded(events)) {
      const [moment] = moments;
      events = await eventsUpTo(events.length + (moment?.events ?? 1));
      if (moment === undefined || hasEnded(events)) continue;
      await sleep(moment.delay);
      events = await eventsUpTo(1);
      if (hasEnded(events)) continue;
      moments.shift();
      const mend = await inflict(moment.deed, { ...surroundings, recorder });
      const begun = Date.now();
      await mend();
      const next = await within(patience, `an event after ${describeDeed(moment.deed)}`, async () => {
        events = await api.events(id);
        // Where its last event came in between there is no further one.
        const last = hasEnded(events) ? events.at(-1) : undefined;
        return events.find(({ recordedAt }) => Date.parse(recordedAt) > begun) ?? last ?? null;
      });
      const one = {
        moment,
        place: placeOf(events.slice(0, next.version - 1), begun),
        seconds: Math.max(0, Date.parse(next.recordedAt) - begun) / 1000,
      };
      happened.push(one);
      onHappened(one);
      await within(patience, 'every process runs again', async () =>
        (await Promise.all(processesOf(cluster).map(isRunning))).every(Boolean) ? true : null,
      );
    }
    const last = events.at(-1);
    if (last?.type !== 'FederationCompleted') throw new Error(`federation ${id} ended by ${JSON.stringify(last)}`);
    await within(patience, 'the queue is empty', async () => ((await queue.jobs()).length === 0 ? true : null));
    return { happened, traces: await readTraces(await eventsUpTo(1), disk.folder) };
  } finally {
    await recorder.end();
  }
}

const ends = new Set(['FederationCompleted', 'FederationFailed', 'FederationCancelled', 'FederationPaused']);
const hasEnded = (events: readonly EventBody[]): boolean => events.some(({ type }) => ends.has(type));

/** `round 1, 0.42 s after ClientTrained of ward`. */
function placeOf(events: readonly EventBody[], at: number): string {
  const rounds = events.flatMap(({ type, data: { round } }) => (type === 'RoundStarted' && round ? [round] : []));
  const last = events.at(-1);
  const seconds = ((at - Date.parse(last?.recordedAt ?? '')) / 1000).toFixed(2);
  const client = last?.data.client === undefined ? '' : ` of ${last.data.client}`;
  return `round ${Math.max(0, ...rounds)}, ${seconds} s after ${last?.type ?? 'nothing'}${client}`;
}

/** Looks until there is something; what fails meanwhile is looked at again: the api, or the queue, is being started. */
async function within<Found>(milliseconds: number, what: string, look: () => Promise<Found | null>): Promise<Found> {
  let failure: unknown = null;
  for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await sleep(interval)) {
    try {
      const found = await look();
      if (found !== null) return found;
      failure = null;
    } catch (error) {
      failure = error;
    }
  }
  throw new Error(`${what}: not within ${milliseconds / 1000} s`, { cause: failure });
}
