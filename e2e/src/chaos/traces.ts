/** What a federation leaves: its artifacts by their digests, and its events. Two runs of one configuration leave the same. */
import { ArtifactStore } from '@fedamole/artifacts';
import { z } from 'zod';
import type { EventBody } from '../platform-api.js';

export interface Traces {
  /** Digest by what it is of: a round's pool or scores, a client's adapter or embeddings. */
  readonly artifacts: ReadonlyMap<string, string>;
  /** Every event that does not depend on time, as text without what differs from run to run, sorted. */
  readonly events: readonly string[];
}

/** Depend on how long trainers were away, and change nothing but what people see. */
const timely = new Set(['ClientJobUnplaced', 'ClientJobPlaced']);

/** Differ from run to run: which federation it was, and how long things took. */
const varying = new Set(['federationId', 'seconds', 'trainSeconds', 'secondsPerStep']);

const stored = z.object({
  round: z.int().optional(),
  client: z.string().optional(),
  pool: z.string().optional(),
  scores: z.string().optional(),
  result: z.object({ adapter: z.string().optional(), embeddings: z.string().nullish() }).optional(),
});

/** Throws where an event is missing or there twice, or the bytes of an artifact are not there or not what its digest says. */
export async function readTraces(events: readonly EventBody[], artifactsFolder: string): Promise<Traces> {
  events.forEach(({ version, type }, index) => {
    if (version !== index + 1) throw new Error(`${type} has version ${version} where ${index + 1} was expected`);
  });
  const artifacts = new Map(events.flatMap(artifactsOf));
  const store = new ArtifactStore(artifactsFolder);
  for (const digest of artifacts.values()) await store.get(digest);
  return {
    artifacts,
    events: events
      .filter(({ type }) => !timely.has(type))
      .map(timeless)
      .sort(),
  };
}

/** In a line each; none where both are the same. */
export function differences(actual: Traces, expected: Traces): string[] {
  const names = new Set([...expected.artifacts.keys(), ...actual.artifacts.keys()]);
  const digests = [...names].flatMap((name) => {
    const [found, wanted] = [actual.artifacts.get(name), expected.artifacts.get(name)];
    return found === wanted ? [] : [`${name} is ${found ?? 'missing'}, undisturbed ${wanted ?? 'missing'}`];
  });
  return [
    ...digests,
    ...beyond(actual.events, expected.events).map((event) => `doubled or changed: ${event}`),
    ...beyond(expected.events, actual.events).map((event) => `lost or changed: ${event}`),
  ];
}

function artifactsOf({ type, data }: EventBody): [string, string][] {
  const { round, client, pool, scores, result } = stored.parse(data);
  const place = `${type} of round ${round ?? '-'}${client === undefined ? '' : `, ${client}`}`;
  const named = { pool, scores, adapter: result?.adapter, embeddings: result?.embeddings };
  return Object.entries(named).flatMap(([name, digest]) => (digest ? [[`${name} (${place})`, digest]] : []));
}

const timeless = ({ type, data }: EventBody): string =>
  `${type} ${JSON.stringify(data, (key, value: unknown) => (varying.has(key) ? undefined : value))}`;

/** What `some` holds more often than `others`. */
function beyond(some: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const text of others) left.set(text, (left.get(text) ?? 0) + 1);
  return some.filter((text) => {
    const times = left.get(text) ?? 0;
    left.set(text, times - 1);
    return times <= 0;
  });
}
