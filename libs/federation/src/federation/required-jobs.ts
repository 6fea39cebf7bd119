/** The round process as a pure function: which jobs must exist, given what has happened so far. */
import type { FederationConfiguration, TrainingConfiguration } from '../configuration.js';
import type { AdaptedModule, BaseModelReference, ExpertAssignment, HeldExperts } from '../results.js';
import type { Federation, FederationState, Round } from './state.js';
import { clientsAreDone, roundOf, weightFormOf } from './state.js';

/** Attempts count restarts of a round by an operator; the queue's own retries stay within one attempt. */
const firstAttempt = 1;

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
      lastRound: boolean;
    });

export type RequiredJob =
  | { queue: 'training'; id: string; payload: RequiredTrainingPayload }
  | { queue: 'aggregation'; id: string; payload: RequiredAggregationPayload };

/**
 * A job's identifier is made of what it does, so adding it twice adds it once. The aggregation of a round shares the
 * form, on its own queue.
 */
export function jobId(federationId: string, round: number, client: string): string {
  return `${federationId}.${round}.${client}.${firstAttempt}`;
}

export const aggregationJobId = (federationId: string, round: number): string =>
  jobId(federationId, round, 'aggregation');

/** Jobs whose outcome is still awaited; none unless the federation is running. */
export function requiredJobs(state: FederationState): RequiredJob[] {
  if (state.status !== 'running') return [];
  const round = roundOf(state, state.round);
  return round.round === 0 ? jobsOfRoundZero(state, round) : jobsOfTrainingRound(state, round);
}

/** Jobs that were required when a federation failed or was cancelled, and that nobody waits for any more. */
export function abandonedJobs(state: FederationState): RequiredJob[] {
  if (state.status !== 'failed' && state.status !== 'cancelled') return [];
  return state.rounds.length > 0 ? requiredJobs({ ...state, status: 'running' }) : [];
}

function jobsOfRoundZero(federation: Federation, round: Round): RequiredJob[] {
  const { id, modules, clients } = federation;
  const header = headerOf(federation, 0);
  const jobs: RequiredJob[] = [];
  if (!round.aggregated) {
    const payload = { kind: 'initialise' as const, ...header, modules: [...modules], clients: [...clients] };
    jobs.push({ queue: 'aggregation', id: aggregationJobId(id, 0), payload });
  }
  for (const client of clients) {
    if (Object.hasOwn(round.baselines, client)) continue;
    jobs.push({
      queue: 'training',
      id: jobId(id, 0, client),
      payload: { kind: 'measure-baseline', ...header, client },
    });
  }
  return jobs;
}

function jobsOfTrainingRound(federation: Federation, round: Round): RequiredJob[] {
  const { id, clients, configuration } = federation;
  const header = headerOf(federation, round.round);
  const lastRound = round.round === configuration.rounds;
  const pool = roundOf(federation, round.round - 1).aggregated?.pool;
  const assignment = round.assigned?.assignment;
  if (!pool || !assignment) throw new Error(`round ${round.round} of ${id} started without a pool or an assignment`);

  if (clientsAreDone(federation, round)) {
    const results = clients.map((client) => trainedBy(round, client));
    const modules = [...federation.modules];
    const payload = { kind: 'aggregate' as const, ...header, modules, pool, assignment, results, lastRound };
    return [{ queue: 'aggregation', id: aggregationJobId(id, round.round), payload }];
  }
  const weights = weightFormOf(federation);
  if (!weights) throw new Error(`round ${round.round} of ${id} started before a form of weights was chosen`);
  const trainingHeader = { ...header, configuration: { ...configuration, weights } };
  return clients
    .filter((client) => !Object.hasOwn(round.results, client))
    .map((client) => {
      const held = assignment[client] ?? {};
      const payload = { kind: 'train' as const, ...trainingHeader, client, pool, held, lastRound };
      return { queue: 'training', id: jobId(id, round.round, client), payload };
    });
}

function headerOf(federation: Federation, round: number): JobHeader {
  const { id, baseModel, configuration } = federation;
  return { federationId: id, round, attempt: firstAttempt, configuration, baseModel };
}

function trainedBy(round: Round, client: string) {
  const result = round.results[client];
  if (!result) throw new Error(`client ${client} has no result in round ${round.round}`);
  return { client, adapter: result.adapter, embeddings: result.embeddings, trainExamples: result.splits.train };
}
