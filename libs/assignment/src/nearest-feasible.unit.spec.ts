import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { infeasibilities } from './feasibility.js';
import { nearestFeasible, type FederationLimits } from './nearest-feasible.js';

const paper: FederationLimits = {
  experts: 30,
  clients: 10,
  expertChoices: 2,
  minExperts: 2,
  maxExperts: 8,
  homogeneous: false,
  topK: 2,
};

const limits: fc.Arbitrary<FederationLimits> = fc.record({
  experts: fc.integer({ min: 1, max: 300 }),
  clients: fc.integer({ min: 1, max: 60 }),
  expertChoices: fc.integer({ min: 1, max: 80 }),
  minExperts: fc.integer({ min: 1, max: 40 }),
  maxExperts: fc.integer({ min: 1, max: 40 }),
  homogeneous: fc.boolean(),
  topK: fc.integer({ min: 1, max: 10 }),
});

describe('the nearest feasible limits', () => {
  it('are the limits themselves where these can be met', () => {
    expect(nearestFeasible(paper)).toEqual(paper);
  });

  it('can be met, whatever was asked for', () => {
    fc.assert(
      fc.property(limits, (asked) => {
        const nearest = nearestFeasible(asked);
        expect(infeasibilities(nearest)).toEqual([]);
        expect(nearest).toMatchObject({ clients: asked.clients, homogeneous: asked.homogeneous });
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it('differ in one number where one is enough, and by no more than is needed', () => {
    expect(nearestFeasible({ ...paper, topK: 5 })).toEqual({ ...paper, topK: 2 });
    expect(nearestFeasible({ ...paper, topK: 9 })).toEqual({ ...paper, topK: 2 });
    expect(nearestFeasible({ ...paper, experts: 9 })).toEqual({ ...paper, experts: 10 });
    expect(nearestFeasible({ ...paper, experts: 50 })).toEqual({ ...paper, experts: 50, maxExperts: 10 });
    const roomy = { ...paper, minExperts: 9, maxExperts: 12 };
    expect(nearestFeasible(roomy)).toEqual({ ...roomy, experts: 45 });
    expect(nearestFeasible({ ...paper, homogeneous: true, experts: 31 })).toEqual({ ...paper, homogeneous: true });
  });

  it('are never farther than what trying every single number finds', () => {
    const names = ['experts', 'expertChoices', 'minExperts', 'maxExperts', 'topK'] as const;
    fc.assert(
      fc.property(limits, (asked) => {
        const single = names.some((name) =>
          Array.from({ length: 400 }, (_, index) => ({ ...asked, [name]: index + 1 })).some(
            (one) => infeasibilities(one).length === 0,
          ),
        );
        const changed = names.filter((name) => nearestFeasible(asked)[name] !== asked[name]).length;
        expect(single && changed > 1).toBe(false);
      }),
      { numRuns: 100, seed: 2 },
    );
  });
});
