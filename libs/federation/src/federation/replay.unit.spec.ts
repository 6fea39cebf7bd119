import { describe, expect, it } from '@jest/globals';
import { federationConfiguration, resolveConfiguration } from '../configuration.js';
import type { AggregationResult, BaselineResult, ExpertAssignment, TrainingResult } from '../results.js';
import type { FederationCommand } from './commands.js';
import { decideFederation } from './decide.js';
import type { FederationEvent } from './events.js';
import { foldFederation } from './evolve.js';
import { recordedAggregation } from './replay.js';
import { requiredJobs } from './required-jobs.js';

const digestOf = (letter: string): string => letter.repeat(64);
const assignment: ExpertAssignment = { bank: { q_proj: [0, 1] }, ward: { q_proj: [2, 3] } };
const metrics = { validationLoss: 2, perplexity: 7, testLoss: 2, rougeL: 0.5, choiceAccuracy: null };
const splits = { train: 10, embedding: 1, validation: 1, test: 1 };
const baseline: BaselineResult = {
  ...{ splits, metrics, mostFrequentAnswerRougeL: 0.1, distinctTestAnswers: 1, weightForms: null, seconds: 1 },
};
const trained = (letter: string): TrainingResult => ({
  ...{ adapter: digestOf(letter), embeddings: digestOf(letter), splits, metrics, steps: 5, trainLoss: 2 },
  ...{ balanceLoss: 1, trainTokens: 100, trainSeconds: 1, seconds: 2, adapterBytes: 10 },
});
const aggregated = (pool: string, scores: string | null): AggregationResult => ({
  ...{ pool: digestOf(pool), poolBytes: 100, seconds: 1 },
  next: scores === null ? null : { assignment, scores: digestOf(scores) },
});
const limits = { rounds: 2, experts: 4, expertChoices: 1, minExperts: 2, maxExperts: 2 };

const commands: FederationCommand[] = [
  {
    type: 'CreateFederation',
    federationId: 'one',
    name: 'One',
    baseModel: { name: 'tiny', digest: digestOf('a') },
    modules: [{ name: 'q_proj', inputWidth: 8, outputWidth: 8 }],
    clients: ['ward', 'bank'],
    configuration: resolveConfiguration(federationConfiguration.parse(limits), 2),
  },
  { type: 'StartFederation' },
  ...['ward', 'bank'].map((client): FederationCommand => ({
    type: 'RecordBaseline',
    client,
    attempt: 1,
    result: baseline,
  })),
  { type: 'RecordAggregation', round: 0, attempt: 1, result: aggregated('0', '1') },
  { type: 'RecordTraining', round: 1, client: 'ward', attempt: 1, result: trained('2') },
  { type: 'RecordTraining', round: 1, client: 'bank', attempt: 1, result: trained('3') },
  { type: 'RecordAggregation', round: 1, attempt: 1, result: aggregated('4', '5') },
  { type: 'RecordTraining', round: 2, client: 'bank', attempt: 1, result: trained('6') },
  { type: 'RecordTraining', round: 2, client: 'ward', attempt: 1, result: trained('7') },
  { type: 'RecordAggregation', round: 2, attempt: 1, result: aggregated('8', null) },
];

/** All events, and the aggregation job that was required before each of the commands. */
function run(): { events: FederationEvent[]; required: Map<FederationCommand, unknown> } {
  const events: FederationEvent[] = [];
  const required = new Map<FederationCommand, unknown>();
  for (const command of commands) {
    const state = foldFederation(events);
    required.set(command, requiredJobs(state).find(({ queue }) => queue === 'aggregation')?.payload);
    events.push(...decideFederation(command, state));
  }
  return { events, required };
}

describe('a recorded aggregation', () => {
  it('is the job that was required then, and what was answered', () => {
    const { events, required } = run();
    const asked = [...required].flatMap(([command, payload]) =>
      command.type === 'RecordAggregation' ? [payload] : [],
    );
    expect(asked).toHaveLength(3);
    const answers = [
      { pool: digestOf('0'), next: { assignment, scores: digestOf('1') } },
      { pool: digestOf('4'), next: { assignment, scores: digestOf('5') } },
      { pool: digestOf('8'), next: null },
    ];
    for (const [round, payload] of asked.entries()) {
      expect(recordedAggregation(events, round)).toEqual({ payload, ...answers[round] });
    }
  });

  it('is the same of rounds that were recorded before rounds closed, and of a round 0 that was aggregated first', () => {
    const { events } = run();
    const old = events.filter(({ type }) => type !== 'RoundClosed');
    for (const round of [0, 1, 2]) expect(recordedAggregation(old, round)).toEqual(recordedAggregation(events, round));
    const baselines = old.filter(({ type }) => type === 'BaselineMeasured');
    const others = old.filter(({ type }) => type !== 'BaselineMeasured');
    const pool = others.findIndex(({ type }) => type === 'RoundAggregated');
    const early = [...others.slice(0, pool + 1), ...baselines, ...others.slice(pool + 1)];
    expect(recordedAggregation(early, 0)).toEqual(recordedAggregation(events, 0));
  });

  it('does not depend on what came later', () => {
    const { events } = run();
    const next = events.findIndex(({ type, data }) => type === 'RoundStarted' && 'round' in data && data.round === 2);
    expect(recordedAggregation(events.slice(0, next), 1)).toEqual(recordedAggregation(events, 1));
    expect(recordedAggregation(events.slice(0, next), 2)).toBeNull();
    expect(recordedAggregation(events, 3)).toBeNull();
  });
});
