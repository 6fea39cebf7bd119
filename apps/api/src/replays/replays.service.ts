import { asDomainEvent } from '@fedamole/event-store';
import type { FederationEvent, RecordedAggregation } from '@fedamole/federation';
import { aggregationOutcome, recordedAggregation } from '@fedamole/federation';
import type { FinishedJob } from '@fedamole/queues';
import { describeIssues } from '@fedamole/queues';
import { Inject, Injectable } from '@nestjs/common';
import { loadFederation } from '../federations/loaded-federation.js';
import { ProblemException } from '../http/problem.js';
import { Platform } from '../platform/platform.js';
import { compareAggregation } from './compare.js';
import type { ReplayResource } from './schemas.js';

const nothingYet = { equal: null, pool: null, scores: null, assignment: null, reason: null };

/**
 * Computes the merge and the assignment of a past round again, out of events and artifacts, as a job for the aggregator.
 * The job is all that is kept of it: a replay adds no event.
 */
@Injectable()
export class ReplaysService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  /** Asks for a replay, anew where one has ended; one that has not is left to itself. */
  async request(federationId: string, round: number): Promise<ReplayResource> {
    const { replays } = this.platform;
    const { payload } = await this.recorded(federationId, round);
    const id = jobIdOf(federationId, round);
    if (await replays.outcome(id)) await replays.remove(id);
    await replays.add(id, payload);
    return this.get(federationId, round);
  }

  async get(federationId: string, round: number): Promise<ReplayResource> {
    const { replays } = this.platform;
    const recorded = await this.recorded(federationId, round);
    const id = jobIdOf(federationId, round);
    const job = await replays.get(id);
    if (!job) {
      throw new ProblemException(
        'REPLAY_NOT_FOUND',
        `no replay of round ${round} of federation ${federationId} was asked for`,
      );
    }
    const outcome = await replays.outcome(id);
    if (outcome) return { round, ...compared(recorded, outcome) };
    return { round, state: job.state === 'waiting' ? 'waiting' : 'running', ...nothingYet };
  }

  private async recorded(federationId: string, round: number): Promise<RecordedAggregation> {
    const { stored } = await loadFederation(this.platform.store, federationId);
    const events = stored.map((event) => asDomainEvent<FederationEvent>(event));
    const recorded = recordedAggregation(events, round);
    if (recorded) return recorded;
    const detail = `round ${round} of federation ${federationId} was not aggregated, so there is nothing to compare with`;
    throw new ProblemException('ROUND_NOT_AGGREGATED', detail, { details: { round } });
  }
}

const jobIdOf = (federationId: string, round: number): string => `${federationId}.${round}`;

function compared(recorded: RecordedAggregation, outcome: FinishedJob): Omit<ReplayResource, 'round'> {
  const failed = (reason: string) => ({ ...nothingYet, state: 'failed' as const, reason });
  if (outcome.state === 'failed') return failed(outcome.reason);
  const again = aggregationOutcome.safeParse(outcome.result);
  if (!again.success) return failed(`result refused: ${describeIssues(again.error)}`);
  if ('refused' in again.data) {
    const [first] = again.data.refused;
    return failed(
      `what was merged is refused now: artifact ${first?.artifact} of client "${first?.client}": ${first?.reason}`,
    );
  }
  return { ...nothingYet, state: 'completed', ...compareAggregation(recorded, again.data) };
}
