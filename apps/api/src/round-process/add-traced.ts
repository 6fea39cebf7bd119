import type { RequiredJob } from '@fedamole/federation';
import { currentTraceparent, inSpan, type Traceparent } from '@fedamole/services';

/** What jobs are added for. */
export interface JobOrigin {
  readonly federationId: string;
  /** Of the federation's last event. */
  readonly parent: Traceparent | undefined;
}

/** The jobs name the span that added them, so that what workers do belongs to it. Without jobs there is none. */
export async function addTraced<Job extends RequiredJob>(
  queueName: string,
  jobs: readonly Job[],
  { parent, federationId }: JobOrigin,
  add: (jobs: readonly { readonly id: string; readonly payload: object }[]) => Promise<void>,
): Promise<void> {
  if (jobs.length === 0) return;
  const attributes = { 'fedamole.federation': federationId, 'fedamole.jobs': jobs.length };
  await inSpan(`add ${queueName} jobs`, { parent, kind: 'PRODUCER', attributes }, () => {
    const traceparent = currentTraceparent();
    if (traceparent === undefined) return add(jobs);
    return add(jobs.map(({ id, payload }) => ({ id, payload: { ...payload, traceparent } })));
  });
}
