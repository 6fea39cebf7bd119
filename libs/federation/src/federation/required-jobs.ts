/** The round process as a pure function: which jobs must exist, given what has happened so far. */
import type { FederationConfiguration, TrainingConfiguration } from '../configuration.js';
import type { AdaptedModule, BaseModelReference, ExpertAssignment, HeldExperts } from '../results.js';
import type { EmbeddingSources } from './embedding-sources.js';
import { embeddingSources } from './embedding-sources.js';
import { aggregationJobId, jobId } from './job-ids.js';
import { own } from './records.js';
import type { Round, RoundClosing } from './round.js';
import { attemptOf, awaitedClients } from './round.js';
import type { Federation, FederationState } from './state.js';
import { roundOf, weightFormOf } from './state.js';

interface JobHeader {
  federationId: string;
  round: number;
  attempt: number;
  configuration: FederationConfiguration;
  baseModel: BaseModelReference;
}

export type RequiredTrainingPayload =
  | (JobHeader & { kind: 'measure-baseline'; client: string })
  | (JobHeader & {
      kind: 'train';
      configuration: TrainingConfiguration;
      client: string;
      pool: string;
      held: HeldExperts;
      lastRound: boolean;
    });

export type RequiredAggregationPayload =
  | (JobHeader & { kind: 'initialise'; modules: AdaptedModule[]; clients: string[] })
  | (JobHeader & {
      kind: 'aggregate';
      modules: AdaptedModule[];
      pool: string;
      assignment: ExpertAssignment;
      results: { client: string; adapter: string; embeddings: string | null; trainExamples: number }[];
      /** Null where the next round's participants are those that answered, and nobody is missing. */
      nextRound: EmbeddingSources | null;
      lastRound: boolean;
    });

export type RequiredJob =
  | { queue: 'training'; id: string; payload: RequiredTrainingPayload }
  | { queue: 'aggregation'; id: string; payload: RequiredAggregationPayload };

/** Jobs whose outcome is still awaited: the participants' until the round closes, then its aggregation; none unless it runs. */
export function requiredJobs(state: FederationState): RequiredJob[] {
  if (state.status !== 'running') return [];
  const round = roundOf(state, state.round);
  if (round.closed) return [aggregationJob(state, round, round.closed)];
  return awaitedClients(round, state.left).map((client) => ({
    queue: 'training',
    id: jobId(state.id, round.round, client, attemptOf(round, client)),
    payload: round.round === 0 ? baselinePayload(state, round, client) : trainingPayload(state, round, client),
  }));
}

function baselinePayload(federation: Federation, round: Round, client: string): RequiredTrainingPayload {
  return { kind: 'measure-baseline', ...headerOf(federation, round, attemptOf(round, client)), client };
}

function trainingPayload(federation: Federation, round: Round, client: string): RequiredTrainingPayload {
  const { configuration } = federation;
  const weights = weightFormOf(federation);
  if (!weights) throw new Error(`round ${round.round} of ${federation.id} started before a form of weights was chosen`);
  const { pool, assignment } = basisOf(federation, round);
  return {
    kind: 'train',
    ...headerOf(federation, round, attemptOf(round, client)),
    configuration: { ...configuration, weights },
    client,
    pool,
    held: own(assignment, client) ?? {},
    lastRound: round.round === configuration.rounds,
  };
}

/** Assigns within the limits that were found feasible when the round closed. */
function aggregationJob(federation: Federation, round: Round, closed: RoundClosing): RequiredJob {
  const { minExperts } = closed;
  const header = headerOf(federation, round, round.closings);
  const limited = {
    ...header,
    configuration: { ...header.configuration, minExperts },
    modules: [...federation.modules],
  };
  const id = aggregationJobId(federation.id, round.round, round.closings);
  if (round.round === 0) {
    return { queue: 'aggregation', id, payload: { kind: 'initialise', ...limited, clients: [...(closed.next ?? [])] } };
  }
  const { pool, assignment } = basisOf(federation, round);
  const results = closed.answered.map((client) => trainedBy(round, client));
  const nextRound = embeddingSources(federation, round, closed);
  const lastRound = closed.next === null;
  return {
    queue: 'aggregation',
    id,
    payload: { kind: 'aggregate', ...limited, pool, assignment, results, nextRound, lastRound },
  };
}

/** What a training round starts from: the pool of the round before, and who holds which experts of it. */
function basisOf(federation: Federation, { round, assigned }: Round): { pool: string; assignment: ExpertAssignment } {
  const pool = roundOf(federation, round - 1).aggregated?.pool;
  if (!pool || !assigned) throw new Error(`round ${round} of ${federation.id} started without a pool or an assignment`);
  return { pool, assignment: assigned.assignment };
}

function headerOf({ id, baseModel, configuration }: Federation, { round }: Round, attempt: number): JobHeader {
  return { federationId: id, round, attempt, configuration, baseModel };
}

function trainedBy(round: Round, client: string) {
  const result = own(round.results, client);
  if (!result) throw new Error(`client ${client} has no result in round ${round.round}`);
  return { client, adapter: result.adapter, embeddings: result.embeddings, trainExamples: result.splits.train };
}
