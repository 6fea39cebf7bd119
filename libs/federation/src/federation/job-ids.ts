/**
 * A job's identifier is made of what it does, so adding it twice adds it once. Attempts count what an operator or a new
 * closing of the round asked for; the queue's own retries stay within one. The aggregation of a round shares the form, on
 * its own queue.
 */
export const jobId = (federationId: string, round: number, client: string, attempt: number): string =>
  `${federationId}.${round}.${client}.${attempt}`;

export const aggregationJobId = (federationId: string, round: number, attempt: number): string =>
  jobId(federationId, round, 'aggregation', attempt);

/** What a job is for. */
export interface JobIdentity {
  readonly federationId: string;
  /** 0 measures the base model, or draws the first pool. */
  readonly round: number;
  /** `aggregation` on the aggregator's queues. */
  readonly client: string;
  readonly attempt: number;
}

/** Null for an identifier that `jobId` does not make. */
export function parseJobId(id: string): JobIdentity | null {
  const match = /^([^.]+)\.(\d+)\.([^.]+)\.(\d+)$/.exec(id);
  const [, federationId, round, client, attempt] = match ?? [];
  if (federationId === undefined || client === undefined) return null;
  return { federationId, round: Number(round), client, attempt: Number(attempt) };
}
