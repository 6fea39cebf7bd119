/** How often, and how soon, a client's job that failed is tried again: as its federation is configured. */
import { z } from 'zod';

const attempts = 3;
/** Milliseconds before the second attempt; every further one waits twice as long as the one before it. */
const firstBackoff = 1000;

const configured = z.object({
  client: z.string(),
  configuration: z.object({
    clientAttempts: z.int().min(1).default(attempts),
    /** Seconds. */
    retryBackoff: z
      .number()
      .min(0)
      .default(firstBackoff / 1000),
  }),
});

export interface Retries {
  /** The first one counts. */
  attempts: number;
  /** `delay` in milliseconds. */
  backoff: { type: 'exponential'; delay: number };
}

/** Of a payload; three attempts, a second and then two apart, for the aggregator's and where it is not configured. */
export function retriesOf(payload: object): Retries {
  const found = configured.safeParse(payload).data?.configuration;
  const delay = found === undefined ? firstBackoff : found.retryBackoff * 1000;
  return { attempts: found?.clientAttempts ?? attempts, backoff: { type: 'exponential', delay } };
}
