/**
 * Moves federations from round to round: adds the jobs that they require, records what became of them, and closes rounds
 * whose time is up. Every step may happen twice and then changes nothing; whatever is lost between two steps is found again
 * by the sweep. So it may die at any point, and even a second one beside it would do no harm.
 */
import type { Appended, EventStore } from '@fedamole/event-store';
import {
  type OutcomeCommand,
  type PlacementCommand,
  abandonedJobs,
  DomainError,
  federationIdOf,
  federationStream,
  parseJobId,
  requiredJobs,
} from '@fedamole/federation';
import type { FinishedJob, WorkerDirectory } from '@fedamole/queues';
import { inSpan, spanAttributes } from '@fedamole/services';
import type { Logger } from 'pino';
import { foldStream, handleCommand } from '../commands/command-handler.js';
import { federationDecider } from '../commands/deciders.js';
import type { Queues } from '../platform/platform.js';
import { closeDueRound } from './close-due-round.js';
import { outcomeOf, refusedOutcome } from './outcomes.js';
import { PlacementNews, type ToldPlacement } from './placement-news.js';
import { Placer } from './placer.js';
import { RequiredJobs } from './required-jobs.js';
import { Withdrawals } from './withdrawals.js';

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
  readonly workers: Pick<WorkerDirectory, 'trainers' | 'watchedFor'>;
  readonly logger: Logger;
  /** Identifiers of the federations that are running. */
  readonly runningFederations: () => Promise<string[]>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export class RoundProcess {
  /** Running federations, as far as is known: while there are some, finished jobs are looked for often. */
  private readonly running = new Set<string>();
  private readonly required: RequiredJobs;
  private readonly news: PlacementNews;
  private readonly withdrawals: Withdrawals;
  /** When the rounds of running federations have to close, as far as they have a deadline. */
  private readonly deadlines = new Map<string, number>();

  constructor(private readonly parts: RoundProcessParts) {
    const { queues, store, workers } = parts;
    this.withdrawals = new Withdrawals(queues);
    this.required = new RequiredJobs(queues, new Placer(store, queues.training, workers));
    this.news = new PlacementNews(workers, parts.now);
  }

  /** True while there is a federation to watch. */
  get busy(): boolean {
    return this.running.size > 0;
  }

  /** One look at new events and finished jobs. Returns true where there was something to do. */
  async step(): Promise<boolean> {
    const followed = await this.followEvents();
    const recorded = await this.recordOutcomes();
    for (const [federationId, deadline] of this.deadlines) {
      if (deadline <= this.parts.now()) await this.lookAfterApart(federationId);
    }
    for (const told of this.news.due()) await this.apart(told, () => this.tell(told));
    return followed || recorded;
  }

  /** Looks after every running federation, whatever events were seen: a job that got lost is added again. */
  async sweep(): Promise<void> {
    this.required.forgetAll();
    for (const federationId of await this.parts.runningFederations()) await this.lookAfterApart(federationId);
    await this.withdrawals.again();
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
        await this.apart({ queue: name, ...subjectOf(job) }, async () => {
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
    const logger = this.parts.logger.child({ queue, ...subjectOf(job) });
    const outcome = outcomeOf(queue, job);
    if (!outcome) {
      logger.warn('removing a job that this platform did not make');
      return null;
    }
    const { federationId, command } = outcome;
    try {
      await this.handle(outcome, job.id);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      logger.warn({ code: error.code, reason: error.message }, 'outcome refused');
      if (error.code === 'FEDERATION_NOT_FOUND') return null;
      if (error.code === 'RESULT_REFUSED') {
        await this.handle({ federationId, command: refusedOutcome(outcome, error.message) }, job.id);
      }
    }
    logger.info({ outcome: command.type }, 'outcome recorded');
    return federationId;
  }

  /** With `causationId`, the events say which job they followed from. */
  private async handle(
    { federationId, command }: { federationId: string; command: OutcomeCommand | PlacementCommand },
    causationId?: string,
  ): Promise<Appended> {
    const stream = federationStream(federationId);
    const { last } = await foldStream(this.parts.store, federationDecider, stream);
    const causation = causationId === undefined ? {} : { causationId };
    const options = { parent: last?.metadata.traceparent, attributes: causationId ? spanAttributes(causationId) : {} };
    return inSpan(`record ${command.type}`, options, () =>
      handleCommand(this.parts.store, federationDecider, stream, command, { ...metadata, ...causation }),
    );
  }

  private async tell(told: ToldPlacement): Promise<void> {
    const { federationId, command } = told;
    const { events } = await this.handle(told);
    this.news.told(told);
    if (events === 0) return;
    const { type, ...about } = command;
    if (type === 'RecordUnplaced') this.parts.logger.warn({ federationId, ...about }, 'job unplaced');
    else this.parts.logger.info({ federationId, ...about }, 'job placed');
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

  /** Withdraws the jobs that nobody waits for any more, closes a round whose time is up, and adds the jobs that are required. */
  private async lookAfter(federationId: string): Promise<void> {
    const { store } = this.parts;
    const folded = await foldStream(store, federationDecider, federationStream(federationId));
    const { state } = folded;
    this.deadlines.delete(federationId);
    if (state.status === 'absent' || state.status === 'created') return;
    const stops = state.status !== 'running' && state.status !== 'paused';
    for (const { queue, id } of abandonedJobs(state)) await this.withdrawals.withdraw(id, { queue, stops });
    if (state.status !== 'running') {
      this.running.delete(federationId);
      this.required.forget(federationId);
      this.news.forget(federationId);
      return;
    }
    this.running.add(federationId);
    const { closed, deadline } = await closeDueRound(store, state, folded, this.parts.now(), metadata);
    if (closed) return this.lookAfter(federationId);
    if (deadline !== null) this.deadlines.set(federationId, deadline);
    const required = requiredJobs(state);
    for (const { id } of required) this.withdrawals.forget(id);
    const { placed, unplaced } = await this.required.add(required, {
      federationId,
      parent: folded.last?.metadata.traceparent,
    });
    for (const told of this.news.of(state, placed, unplaced)) await this.tell(told);
  }
}

/** What every log line about a job names: the job, its federation, round and client. */
const subjectOf = ({ id }: FinishedJob): object => ({ jobId: id, ...parseJobId(id) });
