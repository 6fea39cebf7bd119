/** The job that ends a round, and what it says of its clients. */
import type { HeldExperts } from '@fedamole/federation';
import type { AggregationJob } from '@fedamole/queues';

export type AggregateJob = Extract<AggregationJob, { kind: 'aggregate' }>;
export type ClientResult = AggregateJob['results'][number];

/** The next round's participants. */
export function nextClients(job: AggregationJob): string[] {
  if (job.kind === 'initialise') return [...job.clients].sort();
  return inOrder(job.nextRound?.participants ?? job.results).map(({ client }) => client);
}

/** Embeddings are what reverse selection scores by; a static assignment stores their scores, too. */
export const needsEmbeddings = ({ lastRound, configuration }: AggregateJob): boolean =>
  !lastRound && configuration.assignment !== 'random';

export const weightOf = ({ configuration }: AggregateJob, trainExamples: number): number =>
  configuration.mergeWeighting === 'examples' ? trainExamples : 1;

export function heldBy({ assignment }: AggregateJob, client: string): HeldExperts {
  const held = assignment[client];
  if (held === undefined) throw new Error(`client ${client} holds no experts in this round`);
  return held;
}

/** By client name, in whatever order they arrived. */
export const inOrder = <T extends { readonly client: string }>(results: readonly T[]): T[] =>
  [...results].sort((a, b) => (a.client < b.client ? -1 : 1));
