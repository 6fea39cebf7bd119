/** What a job's spans are found by, in every process that has to do with it. */
import { parseJobId } from '@fedamole/federation';

export function spanAttributes(jobId: string): Record<string, string | number> {
  const { federationId, round, client } = parseJobId(jobId) ?? {};
  const named = { 'fedamole.federation': federationId, 'fedamole.round': round, 'fedamole.client': client };
  const known = Object.entries(named).filter((entry): entry is [string, string | number] => entry[1] !== undefined);
  return { 'fedamole.job': jobId, ...Object.fromEntries(known) };
}
