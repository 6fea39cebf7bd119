import { describe, expect, it } from '@jest/globals';
import type { AggregationResult, RecordedAggregation } from '@fedamole/federation';
import { compareAggregation } from './compare.js';

const digestOf = (letter: string): string => letter.repeat(64);
const assignment = { bank: { q_proj: [0, 1], v_proj: [2] }, ward: { q_proj: [2], v_proj: [0] } };
const recorded = {
  pool: digestOf('a'),
  next: { scores: digestOf('b'), assignment },
} as unknown as RecordedAggregation;
const again = (changes: Partial<AggregationResult>): AggregationResult => ({
  pool: digestOf('a'),
  next: { scores: digestOf('b'), assignment },
  poolBytes: 1,
  seconds: 1,
  ...changes,
});

describe('an aggregation that was computed again', () => {
  it('is equal whatever the order of names', () => {
    const reordered = { ward: { v_proj: [0], q_proj: [2] }, bank: { v_proj: [2], q_proj: [0, 1] } };
    const next = { scores: digestOf('b'), assignment: reordered };
    expect(compareAggregation(recorded, again({ next }))).toEqual({
      equal: true,
      pool: { recorded: digestOf('a'), recomputed: digestOf('a'), equal: true },
      scores: { recorded: digestOf('b'), recomputed: digestOf('b'), equal: true },
      assignment: { equal: true },
    });
  });

  it('differs in its pool, its scores or its assignment', () => {
    expect(compareAggregation(recorded, again({ pool: digestOf('c') }))).toMatchObject({
      equal: false,
      pool: { recorded: digestOf('a'), recomputed: digestOf('c'), equal: false },
      assignment: { equal: true },
    });
    const otherScores = { scores: digestOf('c'), assignment };
    expect(compareAggregation(recorded, again({ next: otherScores }))).toMatchObject({
      equal: false,
      scores: { equal: false },
    });
    const swapped = { scores: digestOf('b'), assignment: { bank: assignment.ward, ward: assignment.bank } };
    expect(compareAggregation(recorded, again({ next: swapped }))).toMatchObject({
      equal: false,
      scores: { equal: true },
      assignment: { equal: false },
    });
  });

  it('assigns nothing after the last round, or differs where one of the two does', () => {
    const last = { ...recorded, next: null };
    expect(compareAggregation(last, again({ next: null }))).toMatchObject({ equal: true, assignment: null });
    expect(compareAggregation(last, again({}))).toMatchObject({ equal: false, scores: null });
    expect(compareAggregation(recorded, again({ next: null }))).toMatchObject({ equal: false });
  });
});
