import { parseJobId } from '@fedamole/federation';
import type { LiveWorker, RunningJob } from '@fedamole/queues';
import { Inject, Injectable } from '@nestjs/common';
import { mayKnow, type Caller } from '../access/caller.js';
import { currentCaller } from '../commands/request-origin.js';
import { Platform } from '../platform/platform.js';
import { problemsOf } from './pool-problems.js';
import type { WorkerJob, WorkerList, WorkerResource } from './schemas.js';

/** Workers as a caller may see them: a site sees the trainers that reach its clients, and nothing there of other clients. */
@Injectable()
export class WorkersService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  list(): WorkerList {
    const { workers } = this.platform;
    const caller = currentCaller();
    const problems = problemsOf(workers.trainers);
    const visible = workers.live.flatMap((worker) => {
      const found = problems.flatMap(({ worker: id, problem }) => (id === worker.id ? [problem] : []));
      return visibleWorker(caller, worker, found) ?? [];
    });
    return { workers: visible, current: workers.watchedFor !== null };
  }
}

/** Null where the caller may not know of it. */
function visibleWorker(caller: Caller, worker: LiveWorker, problems: string[]): WorkerResource | null {
  const { id, kind, host, version, uptimeSeconds, jobs } = worker;
  const known = { id, kind, host, version, startedAt: secondsAgo(uptimeSeconds) };
  if (kind === 'aggregator')
    return caller.scope === 'site' ? null : { ...known, jobs: jobs.flatMap(aggregationJobOf), trainer: null, problems };
  const { abilities } = worker;
  const clients = abilities.clients.filter((client) => mayKnow(caller, client));
  if (caller.scope === 'site' && clients.length === 0) return null;
  return {
    ...known,
    jobs: jobs.flatMap(trainingJobOf).filter(({ client }) => client !== null && mayKnow(caller, client)),
    trainer: { ...abilities, clients },
    // they name the clients of others
    problems: caller.scope === 'site' ? [] : problems,
  };
}

/** Times are the reader's: the clocks of two machines are never compared. */
const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();

function trainingJobOf({ id, seconds, progress }: RunningJob): WorkerJob[] {
  const job = parseJobId(id);
  if (!job) return [];
  const { federationId: federation, round, client } = job;
  const { phase = null, step = 0, steps = 0, tokensPerSecond = null } = progress ?? {};
  return [{ id, federation, round, client, since: secondsAgo(seconds), phase, step, steps, tokensPerSecond }];
}

/** Of the queue `aggregation`, or of `replay`, whose identifiers have two parts. */
function aggregationJobOf({ id, seconds }: RunningJob): WorkerJob[] {
  const [federation, round] = id.split('.');
  if (federation === undefined || !/^\d+$/.test(round ?? '')) return [];
  const nothing = { client: null, phase: null, step: 0, steps: 0, tokensPerSecond: null };
  return [{ id, federation, round: Number(round), since: secondsAgo(seconds), ...nothing }];
}
