/** A federation of two clients for tests, the commands that take it through its rounds, and given-when-then. */
import { federationConfiguration, resolveConfiguration } from '../configuration.js';
import { DomainError } from '../domain-error.js';
import type { AggregationResult, BaselineResult, ExpertAssignment, TrainingResult } from '../results.js';
import type { CreateFederation, FederationCommand } from './commands.js';
import { decideFederation } from './decide.js';
import type { FederationEvent } from './events.js';
import { foldFederation } from './evolve.js';
import { requiredJobs } from './required-jobs.js';

export const digestOf = (letter: string): string => letter.repeat(64);
export const configuration = resolveConfiguration(
  federationConfiguration.parse({ rounds: 2, experts: 4, expertChoices: 1, minExperts: 2, maxExperts: 2 }),
  2,
);
export const create: CreateFederation = {
  type: 'CreateFederation',
  federationId: 'one',
  name: 'Wards and banks',
  baseModel: { name: 'tiny', digest: digestOf('a') },
  modules: [{ name: 'layers.0.q_proj', inputWidth: 8, outputWidth: 8 }],
  clients: ['ward', 'bank'],
  configuration,
};
export const assignment: ExpertAssignment = {
  bank: { 'layers.0.q_proj': [0, 1] },
  ward: { 'layers.0.q_proj': [2, 3] },
};
export const metrics = { validationLoss: 2, perplexity: 7, testLoss: 2, rougeL: 0.5, choiceAccuracy: null };
const splits = { train: 10, embedding: 1, validation: 1, test: 1 };
export const baseline: BaselineResult = {
  splits,
  metrics,
  mostFrequentAnswerRougeL: 0.1,
  distinctTestAnswers: 1,
  weightForms: null,
  seconds: 1,
};
export const trained = (letter: string): TrainingResult => ({
  adapter: digestOf(letter),
  embeddings: digestOf(letter),
  splits,
  metrics,
  steps: 5,
  trainLoss: 2,
  balanceLoss: 1,
  trainTokens: 100,
  trainSeconds: 1,
  seconds: 2,
  adapterBytes: 10,
});
export const aggregated = (letter: string, last = false): AggregationResult => ({
  pool: digestOf(letter),
  next: last ? null : { assignment, scores: digestOf('f') },
  poolBytes: 100,
  seconds: 1,
});

/** Every event of the commands, each decided on the state that those before it led to. */
export function eventsOf(...commands: FederationCommand[]): FederationEvent[] {
  const events: FederationEvent[] = [];
  for (const command of commands) events.push(...decideFederation(command, foldFederation(events)));
  return events;
}
export const given = (...commands: FederationCommand[]) => foldFederation(eventsOf(...commands));
export const typesAfter = (command: FederationCommand, ...before: FederationCommand[]) =>
  decideFederation(command, given(...before)).map((event) => event.type);
export const jobsAfter = (...commands: FederationCommand[]) => requiredJobs(given(...commands)).map((job) => job.id);

export function refusal(command: FederationCommand, ...before: FederationCommand[]): DomainError {
  try {
    decideFederation(command, given(...before));
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error(`${command.type} was accepted`);
}

export const start: FederationCommand = { type: 'StartFederation' };
export const baselineOf = (client: string, attempt = 1): FederationCommand => ({
  type: 'RecordBaseline',
  client,
  attempt,
  result: baseline,
});
export const trainingOf = (client: string, round: number, letter = 'c', attempt = 1): FederationCommand => ({
  type: 'RecordTraining',
  round,
  client,
  attempt,
  result: trained(letter),
});
export const aggregationOf = (round: number, last = false): FederationCommand => ({
  type: 'RecordAggregation',
  round,
  attempt: 1,
  result: aggregated('b', last),
});
export const roundZero = [create, start, baselineOf('bank'), baselineOf('ward'), aggregationOf(0)];
export const roundOne = [...roundZero, trainingOf('ward', 1), trainingOf('bank', 1), aggregationOf(1)];
export const roundTwo = [...roundOne, trainingOf('ward', 2), trainingOf('bank', 2), aggregationOf(2, true)];
