import { describe, expect, it } from '@jest/globals';
import { outcomeOf, refusedOutcome } from './outcomes.js';

const baseline = {
  splits: { train: 1, embedding: 1, validation: 1, test: 1 },
  metrics: { validationLoss: 1, perplexity: 3, testLoss: 1, rougeL: 0.5, choiceAccuracy: null },
  mostFrequentAnswerRougeL: 0,
  distinctTestAnswers: 1,
  seconds: 1,
};

describe('an outcome', () => {
  it('is read from the identifier of the job and its result', () => {
    const job = { id: 'one.0.ward.1', state: 'completed' as const, result: baseline };
    expect(outcomeOf('training', job)).toEqual({
      federationId: 'one',
      command: { type: 'RecordBaseline', client: 'ward', attempt: 1, result: { ...baseline, weightForms: null } },
    });
  });

  it('is a failure where the job failed, and where its result does not fit', () => {
    const failed = { id: 'one.2.ward.3', state: 'failed' as const, reason: 'disk full' };
    expect(outcomeOf('training', failed)?.command).toEqual({
      type: 'RecordClientFailure',
      round: 2,
      client: 'ward',
      attempt: 3,
      reason: 'disk full',
    });
    const malformed = { id: 'one.2.aggregation.1', state: 'completed' as const, result: { pool: 'x' } };
    expect(outcomeOf('aggregation', malformed)?.command).toMatchObject({
      type: 'RecordAggregationFailure',
      round: 2,
      reason: expect.stringContaining('result refused: pool:'),
    });
  });

  it('is a refusal where the aggregator will not merge contributions', () => {
    const refused = [{ client: 'ward', artifact: 'a'.repeat(64), reason: 'tensor x holds NaN at element 3' }];
    const job = { id: 'one.2.aggregation.2', state: 'completed' as const, result: { refused } };
    expect(outcomeOf('aggregation', job)?.command).toEqual({ type: 'RecordRefusals', round: 2, attempt: 2, refused });
    const empty = outcomeOf('aggregation', { ...job, result: { refused: [] } })?.command;
    expect(empty).toMatchObject({ type: 'RecordAggregationFailure', reason: expect.stringContaining('refused:') });
  });

  it('is none for a job that the platform did not make', () => {
    for (const id of ['17', 'one.x.ward.1', 'one.1.ward', 'one.1.ward.1.2']) {
      expect(outcomeOf('training', { id, state: 'failed', reason: 'x' })).toBeNull();
    }
  });

  it('that was refused ends the part of its job', () => {
    const job = { id: 'one.0.ward.1', state: 'completed' as const, result: baseline };
    const outcome = outcomeOf('training', job);
    if (!outcome) throw new Error('no outcome');
    expect(refusedOutcome(outcome, 'nonsense')).toEqual({
      type: 'RecordClientFailure',
      round: 0,
      client: 'ward',
      attempt: 1,
      reason: 'nonsense',
    });
  });
});
