import { describe, expect, it } from '@jest/globals';
import type { FederationCommand } from './commands.js';
import { baselineOf, create, eventsOf, given, jobsAfter, roundZero, start, typesAfter } from './federation.fixture.js';
import { unplacedReasonOf } from './round.js';

const unplaced = (client: string, round = 0, attempt = 1): FederationCommand => ({
  type: 'RecordUnplaced',
  round,
  client,
  attempt,
  reason: 'there is no live trainer',
  trainers: [],
});
const placed = (client: string, attempt = 1): FederationCommand => ({
  type: 'RecordPlaced',
  round: 0,
  client,
  attempt,
  trainerPool: 'north',
});
const reasonAfter = (...commands: FederationCommand[]): string | null => {
  const state = given(...commands);
  const round = state.status === 'absent' ? undefined : state.rounds[0];
  return round ? unplacedReasonOf(round, {}, 'ward') : null;
};
const failed: FederationCommand = { type: 'RecordClientFailure', round: 0, client: 'ward', attempt: 1, reason: 'no' };
const retried: FederationCommand = { type: 'RetryClient', round: 0, client: 'ward' };

describe('a job that nobody can run', () => {
  it('is told once, and once more when it is placed', () => {
    expect(eventsOf(create, start, unplaced('ward')).at(-1)).toEqual({
      type: 'ClientJobUnplaced',
      data: {
        federationId: 'one',
        round: 0,
        client: 'ward',
        attempt: 1,
        reason: 'there is no live trainer',
        trainers: [],
      },
    });
    expect(typesAfter(unplaced('ward'), create, start, unplaced('ward'))).toEqual([]);
    expect(typesAfter(placed('ward'), create, start, unplaced('ward'))).toEqual(['ClientJobPlaced']);
    expect(typesAfter(placed('ward'), create, start, unplaced('ward'), placed('ward'))).toEqual([]);
    expect(typesAfter(unplaced('ward'), create, start, unplaced('ward'), placed('ward'))).toEqual([
      'ClientJobUnplaced',
    ]);
  });

  it('stays required, and its federation runs', () => {
    expect(jobsAfter(create, start, unplaced('ward'))).toEqual(['one.0.bank.1', 'one.0.ward.1']);
    expect(given(create, start, unplaced('ward'))).toMatchObject({ status: 'running' });
  });

  it('is told of no job that is not waited for', () => {
    expect(typesAfter(placed('ward'), create, start)).toEqual([]);
    expect(typesAfter(unplaced('ward'), create)).toEqual([]);
    expect(typesAfter(unplaced('nobody'), create, start)).toEqual([]);
    expect(typesAfter(unplaced('ward', 0, 2), create, start)).toEqual([]);
    expect(typesAfter(unplaced('ward'), create, start, baselineOf('ward'))).toEqual([]);
    expect(typesAfter(unplaced('ward'), ...roundZero)).toEqual([]);
    expect(typesAfter(unplaced('ward'), create, start, { type: 'PauseFederation', reason: null })).toEqual([]);
  });

  it('is so no more once the client has answered, or has another attempt', () => {
    expect(reasonAfter(create, start, unplaced('ward'))).toBe('there is no live trainer');
    expect(reasonAfter(create, start, unplaced('ward'), placed('ward'))).toBeNull();
    expect(reasonAfter(create, start, unplaced('ward'), baselineOf('ward'))).toBeNull();
    expect(reasonAfter(create, start, unplaced('ward'), failed, retried)).toBeNull();
  });
});
