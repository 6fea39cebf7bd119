/**
 * Sees to it that required jobs exist. Each is looked for once and then believed to be there until `forgetAll`, which a sweep
 * calls: a look after every event at every job would be quadratic in the clients. A job that got lost is found by the next sweep.
 */
import type { RequiredJob } from '@fedamole/federation';
import type { JobQueue } from '@fedamole/queues';
import { currentTraceparent, inSpan, type Traceparent } from '@fedamole/services';
import type { Queues } from '../platform/platform.js';

const queueNames = ['training', 'aggregation'] as const;

export class RequiredJobs {
  /** Identifiers of required jobs that were seen or added, by federation. */
  private readonly present = new Map<string, ReadonlySet<string>>();

  forgetAll(): void {
    this.present.clear();
  }

  /** Its jobs were withdrawn. */
  forget(federationId: string): void {
    this.present.delete(federationId);
  }

  /** Adds those that do not exist. */
  async add(
    queues: Queues,
    federationId: string,
    required: readonly RequiredJob[],
    parent?: Traceparent,
  ): Promise<void> {
    const present = this.present.get(federationId);
    for (const name of queueNames) {
      const jobs = required.filter(({ queue, id }) => queue === name && !present?.has(id));
      const missing = new Set(await queues[name].missing(jobs.map(({ id }) => id)));
      const added = jobs.filter(({ id }) => missing.has(id));
      if (added.length > 0) await addTraced(queues[name], added, { parent, federationId });
    }
    this.present.set(federationId, new Set(required.map(({ id }) => id)));
  }
}

interface Origin {
  readonly parent: Traceparent;
  readonly federationId: string;
}

/** The jobs name the span that added them, so that what workers do belongs to it. */
function addTraced(queue: JobQueue, jobs: readonly RequiredJob[], { parent, federationId }: Origin): Promise<void> {
  const attributes = { 'fedamole.federation': federationId, 'fedamole.jobs': jobs.length };
  return inSpan(`add ${queue.name} jobs`, { parent, kind: 'PRODUCER', attributes }, () => {
    const traceparent = currentTraceparent();
    if (traceparent === undefined) return queue.addAll(jobs);
    return queue.addAll(jobs.map(({ id, payload }) => ({ id, payload: { ...payload, traceparent } })));
  });
}
