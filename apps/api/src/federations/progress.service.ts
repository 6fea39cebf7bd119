import type { Federation, Round } from '@fedamole/federation';
import { aggregationJobId, attemptOf, jobId, membersOf, own, unplacedReasonOf } from '@fedamole/federation';
import type { JobSnapshot } from '@fedamole/queues';
import { trainingProgress } from '@fedamole/queues';
import { Inject, Injectable } from '@nestjs/common';
import { Platform } from '../platform/platform.js';
import { loadFederation } from './loaded-federation.js';
import type { ClientProgress, ProgressResource, WorkState } from './progress-schemas.js';

/** Merges what is recorded with what running jobs last said of themselves. */
@Injectable()
export class ProgressService {
  constructor(@Inject(Platform) private readonly platform: Platform) {}

  async of(id: string): Promise<ProgressResource> {
    const { federation } = await loadFederation(this.platform.store, id);
    const { status, round: number, configuration } = federation;
    const round = federation.rounds[number];
    const clients = await Promise.all(
      (round?.participants ?? membersOf(federation)).map((client) => this.ofClient(federation, round, client)),
    );
    return {
      status,
      round: number,
      rounds: configuration.rounds,
      clients,
      aggregation: await this.ofAggregation(federation, round),
    };
  }

  private async ofClient(federation: Federation, round: Round | undefined, client: string): Promise<ClientProgress> {
    const nothing = { client, phase: null, step: 0, steps: 0, loss: null, tokensPerSecond: null, unplaced: null };
    if (!round) return { ...nothing, state: 'waiting' };
    const result = own(round.results, client);
    if (result) {
      const { steps, trainLoss, trainTokens, trainSeconds } = result;
      const tokensPerSecond = trainSeconds > 0 ? trainTokens / trainSeconds : null;
      return { ...nothing, state: 'done', step: steps, steps, loss: trainLoss, tokensPerSecond };
    }
    if (own(round.baselines, client)) return { ...nothing, state: 'done' };
    if (own(round.failures, client) !== undefined) return { ...nothing, state: 'failed' };
    const job = await this.platform.queues.training.get(
      jobId(federation.id, round.round, client, attemptOf(round, client)),
    );
    const reported = trainingProgress.safeParse(job?.progress);
    const state = stateOf(job);
    if (state === 'running' && reported.success) return { ...nothing, state, ...reported.data };
    return { ...nothing, state, unplaced: unplacedReasonOf(round, federation.left, client) };
  }

  private async ofAggregation(federation: Federation, round: Round | undefined): Promise<WorkState> {
    if (!round) return 'waiting';
    if (round.aggregated) return 'done';
    return stateOf(
      await this.platform.queues.aggregation.get(
        aggregationJobId(federation.id, round.round, Math.max(1, round.closings)),
      ),
    );
  }
}

/** A job that has ended but is not recorded yet counts as running for the moment. */
function stateOf(job: JobSnapshot | null): WorkState {
  switch (job?.state) {
    case 'running':
    case 'completed':
      return 'running';
    case 'failed':
      return 'failed';
    case 'waiting':
    case undefined:
      return 'waiting';
  }
}
