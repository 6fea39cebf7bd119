import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assignExperts } from './assign.js';
import { explainChoices } from './explain.js';
import { assignmentInfeasibilities, heldLimits, type AssignmentLimits } from './feasibility.js';

const one = { expertChoices: 1, homogeneous: false };

const explained = (scores: readonly (readonly number[])[], limits: AssignmentLimits) =>
  explainChoices(scores, assignExperts(scores, limits), limits, 2);

describe('the reason of a choice', () => {
  it('is the score alone where no limit stands in the way', () => {
    const scores = [
      [0.7, 0.2, 0.1],
      [0.1, 0.3, 0.6],
    ];
    expect(explained(scores, { ...one, experts: 2, clients: 3, minExperts: 0, maxExperts: 2 })).toEqual([
      {
        ...{ expert: 0, client: 0, score: 0.7, rank: 1, limit: null },
        runnersUp: [
          { client: 1, score: 0.2 },
          { client: 2, score: 0.1 },
        ],
      },
      {
        ...{ expert: 1, client: 2, score: 0.6, rank: 1, limit: null },
        runnersUp: [
          { client: 1, score: 0.3 },
          { client: 0, score: 0.1 },
        ],
      },
    ]);
  });

  it('is that the client that was liked better holds the most already', () => {
    const scores = [
      [0.9, 0.1],
      [0.6, 0.4],
    ];
    const choices = explained(scores, { ...one, experts: 2, clients: 2, minExperts: 0, maxExperts: 1 });
    expect(choices.map(({ client, rank, limit }) => [client, rank, limit])).toEqual([
      [0, 1, null],
      [1, 2, 'max-experts'],
    ]);
  });

  it('is that the client that was picked would have too few', () => {
    const scores = [
      [0.9, 0.1],
      [0.6, 0.4],
    ];
    const choices = explained(scores, { ...one, experts: 2, clients: 2, minExperts: 1, maxExperts: 2 });
    expect(choices.map(({ client, rank, limit }) => [client, rank, limit])).toEqual([
      [0, 1, null],
      [1, 2, 'min-experts'],
    ]);
  });

  it('is that shares are equal', () => {
    const scores = [
      [0.9, 0.1],
      [0.6, 0.4],
    ];
    const limits = { experts: 2, clients: 2, expertChoices: 1, minExperts: 0, maxExperts: 2, homogeneous: true };
    expect(explained(scores, limits)[1]?.limit).toBe('equal-shares');
  });

  it('always holds in an optimum: whoever was liked better is full, or whoever was picked has the least', () => {
    const problem = fc
      .record({
        experts: fc.integer({ min: 1, max: 12 }),
        clients: fc.integer({ min: 1, max: 8 }),
        expertChoices: fc.integer({ min: 1, max: 4 }),
        minExperts: fc.integer({ min: 0, max: 3 }),
        maxExperts: fc.integer({ min: 1, max: 12 }),
        homogeneous: fc.boolean(),
      })
      .filter((limits) => assignmentInfeasibilities(limits).length === 0)
      .chain((limits) => {
        // Whole hundredths: the solver rounds less than they differ.
        const score = fc.integer({ min: 0, max: 100 }).map((hundredths) => hundredths / 100);
        const row = fc.array(score, { minLength: limits.clients, maxLength: limits.clients });
        return fc.tuple(fc.constant(limits), fc.array(row, { minLength: limits.experts, maxLength: limits.experts }));
      });
    let bound = 0;
    fc.assert(
      fc.property(problem, ([limits, scores]) => {
        const held = assignExperts(scores, limits);
        const [least, most] = heldLimits(limits);
        const choices = explainChoices(scores, held, limits, 3);
        expect(choices).toHaveLength(limits.experts * limits.expertChoices);
        for (const { client, score, rank, limit, runnersUp } of choices) {
          const better = runnersUp[0] !== undefined && runnersUp[0].score > score ? runnersUp[0] : null;
          expect(limit === null).toBe(better === null);
          if (rank > limits.expertChoices) expect(limit).not.toBeNull();
          if (limit === 'max-experts') expect(held[better?.client ?? -1]).toHaveLength(most);
          if (limit === 'min-experts') expect(held[client]).toHaveLength(least);
          if (limit !== null) bound += 1;
        }
      }),
      { numRuns: 300, seed: 11 },
    );
    expect(bound).toBeGreaterThan(100);
  });
});
