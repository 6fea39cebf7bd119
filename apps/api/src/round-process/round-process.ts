/**
 * Moves federations from round to round: adds the jobs that they require and records what became of them. Every step
 * may happen twice and then changes nothing; whatever is lost between two steps is found again by the sweep. So it may
 * die at any point, and even a second one beside it would do no harm.
 */
import type { EventStore } from '@fedamole/event-store';
import { abandonedJobs, DomainError, federationIdOf, federationStream, requiredJobs } from '@fedamole/federation';
import type { FinishedJob } from '@fedamole/queues';
import type { Logger } from 'pino';
import { foldStream, handleCommand } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';
import type { Queues } from '../platform/platform.js';
import type { Outcome } from './outcomes.js';
import { outcomeOf, refusedOutcome } from './outcomes.js';
import { RequiredJobs } from './required-jobs.js';

const checkpointName = 'round-process';
const batchSize = 200;
/** Finished jobs that are looked at in one go, per queue. */
const finishedAtOnce = 50;
const metadata = { actor: 'round-process' };
const queueNames = ['training', 'aggregation'] as const;

export interface RoundProcessParts {
  readonly store: Pick<
    EventStore,
    'append' | 'appendedUnder' | 'readStream' | 'readAll' | 'loadCheckpoint' | 'saveCheckpoint'
  >;
  readonly queues: Queues;
  readonly logger: Logger;
  /** Identifiers of the federations that are running. */
  readonly runningFederations: () => Promise<string[]>;
}

export class RoundProcess {
  /** Running federations, as far as is known: while there are some, finished jobs are looked for often. */
  private readonly running = new Set<string>();
  /** Jobs that nobody waits for any more but a worker held: without a further look its retries would run for nobody. */
  private readonly abandoned = new Map<string, (typeof queueNames)[number]>();

  private readonly required = new RequiredJobs();

  constructor(private readonly parts: RoundProcessParts) {}

  /** True while there is a federation to watch. */
  get busy(): boolean {
    return this.running.size > 0;
  }

  /** One look at new events and finished jobs. Returns true where there was something to do. */
  async step(): Promise<boolean> {
    const followed = await this.followEvents();
    const recorded = await this.recordOutcomes();
    return followed || recorded;
  }

  /** Looks after every running federation, whatever events were seen: a job that got lost is added again. */
  async sweep(): Promise<void> {
    this.required.forget();
    for (const federationId of await this.parts.runningFederations()) await this.lookAfterApart(federationId);
    for (const [id, queue] of this.abandoned) {
      if (await this.parts.queues[queue].withdraw(id)) this.abandoned.delete(id);
    }
  }

  private async followEvents(): Promise<boolean> {
    const { store } = this.parts;
    const events = await store.readAll(await store.loadCheckpoint(checkpointName), batchSize);
    const last = events.at(-1);
    if (!last) return false;
    const touched = new Set(events.map((event) => federationIdOf(event.stream)));
    for (const federationId of touched) if (federationId !== null) await this.lookAfterApart(federationId);
    await store.saveCheckpoint(checkpointName, last.checkpoint);
    return true;
  }

  private async recordOutcomes(): Promise<boolean> {
    const touched = new Set<string>();
    let found = 0;
    for (const name of queueNames) {
      const recorded: string[] = [];
      for (const job of await this.parts.queues[name].finished(finishedAtOnce)) {
        found++;
        await this.apart({ job: job.id }, async () => {
          const federationId = await this.record(name, job);
          recorded.push(job.id);
          if (federationId !== null) touched.add(federationId);
        });
      }
      await Promise.all(recorded.map((id) => this.parts.queues[name].remove(id)));
    }
    for (const federationId of touched) await this.lookAfterApart(federationId);
    return found > 0;
  }

  /** Returns the federation that the job was for; null where there is none. */
  private async record(queue: (typeof queueNames)[number], job: FinishedJob): Promise<string | null> {
    const { logger } = this.parts;
    const outcome = outcomeOf(queue, job);
    if (!outcome) {
      logger.warn({ job: job.id, queue }, 'removing a job that this platform did not make');
      return null;
    }
    const { federationId, command } = outcome;
    try {
      await this.handle(outcome, job.id);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      logger.warn({ job: job.id, queue, code: error.code, reason: error.message }, 'outcome refused');
      if (error.code === 'FEDERATION_NOT_FOUND') return null;
      if (error.code === 'RESULT_REFUSED') {
        await this.handle({ federationId, command: refusedOutcome(outcome, error.message) }, job.id);
      }
    }
    logger.info({ job: job.id, queue, outcome: command.type }, 'outcome recorded');
    return federationId;
  }

  /** The events say which job they followed from. */
  private async handle({ federationId, command }: Outcome, causationId: string): Promise<void> {
    const stream = federationStream(federationId);
    await handleCommand(this.parts.store, federationDecider, stream, command, { ...metadata, causationId });
  }

  private lookAfterApart(federationId: string): Promise<void> {
    return this.apart({ federationId }, () => this.lookAfter(federationId));
  }

  /** One federation, or one job, that cannot be dealt with keeps none of the others waiting; the sweep comes back to it. */
  private async apart(subject: object, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.parts.logger.error(
        { ...subject, err: error },
        'the round process could not deal with it; it will try again',
      );
    }
  }

  /** Adds the jobs that a federation requires now; withdraws those of one that has ended early. */
  private async lookAfter(federationId: string): Promise<void> {
    const { queues, store } = this.parts;
    const { state } = await foldStream(store, federationDecider, federationStream(federationId));
    if (state.status === 'absent' || state.status === 'created') return;
    if (state.status !== 'running') {
      this.running.delete(federationId);
      // The worker that has taken one stops; where it is done before, its outcome comes too late.
      for (const { queue, id } of abandonedJobs(state)) {
        if (!(await queues[queue].withdraw(id))) this.abandoned.set(id, queue);
      }
      return;
    }
    this.running.add(federationId);
    await this.required.add(queues, federationId, requiredJobs(state));
  }
}
