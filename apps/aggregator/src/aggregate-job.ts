/** What an aggregation job says of its clients. Every order goes by name. */
import type { HeldExperts } from '@fedamole/federation';
import type { AggregationJob } from '@fedamole/queues';

export type AggregateJob = Extract<AggregationJob, { kind: 'aggregate' }>;

/** The next round's participants. */
export function nextClients(job: AggregationJob): string[] {
  if (job.kind === 'initialise') return [...job.clients].sort();
  return inOrder(job.nextRound?.participants ?? job.results).map(({ client }) => client);
}

export const weightOf = ({ configuration }: AggregateJob, trainExamples: number): number =>
  configuration.mergeWeighting === 'examples' ? trainExamples : 1;

export function heldBy({ assignment }: AggregateJob, client: string): HeldExperts {
  const held = assignment[client];
  if (held === undefined) throw new Error(`client ${client} holds no experts in this round`);
  return held;
}

export const inOrder = <T extends { readonly client: string }>(clients: readonly T[]): T[] =>
  [...clients].sort((a, b) => (a.client < b.client ? -1 : 1));
