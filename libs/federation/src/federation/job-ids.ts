/**
 * A job's identifier is made of what it does, so adding it twice adds it once. Attempts count what an operator or a new
 * closing of the round asked for; the queue's own retries stay within one. The aggregation of a round shares the form, on
 * its own queue.
 */
export const jobId = (federationId: string, round: number, client: string, attempt: number): string =>
  `${federationId}.${round}.${client}.${attempt}`;

export const aggregationJobId = (federationId: string, round: number, attempt: number): string =>
  jobId(federationId, round, 'aggregation', attempt);
