import { describe, expect, it } from '@jest/globals';
import { infeasibilities } from './feasibility.js';

const paper = { experts: 30, clients: 10, expertChoices: 2, minExperts: 2, maxExperts: 8, homogeneous: false, topK: 2 };

describe('feasibility of the limits', () => {
  it("has nothing against the paper's defaults, also with equal shares", () => {
    expect(infeasibilities(paper)).toEqual([]);
    expect(infeasibilities({ ...paper, homogeneous: true })).toEqual([]);
  });

  it('names the inequality, the numbers and the excess where experts pick more clients than there are', () => {
    expect(infeasibilities({ ...paper, experts: 6, clients: 3, expertChoices: 5, maxExperts: 100 })).toEqual([
      { code: 'CHOICES_EXCEED_CLIENTS', inequality: 'k <= C: an expert picks 5 of 3 clients', by: 2 },
      expect.objectContaining({ code: 'TOO_MANY_CHOICES', by: 12 }),
    ]);
  });

  it('refuses too few choices for every client to hold b_min experts', () => {
    const [only, ...others] = infeasibilities({ ...paper, experts: 9 });
    expect(others).toEqual([]);
    expect(only).toEqual({
      code: 'TOO_FEW_CHOICES',
      inequality:
        'C b_min <= E k: 10 clients need 2 experts each, 20 in all, but 9 experts picking 2 clients each make 18 choices',
      by: 2,
    });
  });

  it('refuses more choices than clients may hold', () => {
    expect(infeasibilities({ ...paper, maxExperts: 5 })).toEqual([
      expect.objectContaining({ code: 'TOO_MANY_CHOICES', by: 10 }),
    ]);
  });

  it('clips b_max to the number of experts', () => {
    const few = { ...paper, experts: 3, clients: 2, maxExperts: 8, minExperts: 3 };
    expect(infeasibilities(few)).toEqual([]);
    expect(infeasibilities({ ...few, minExperts: 4, expertChoices: 1 })).toEqual([
      expect.objectContaining({ code: 'MIN_EXCEEDS_MAX', by: 1 }),
      expect.objectContaining({ code: 'TOO_FEW_CHOICES', by: 5 }),
    ]);
  });

  it('refuses to route a token to more experts than a client is sure to hold', () => {
    expect(infeasibilities({ ...paper, topK: 3 })).toEqual([
      {
        code: 'TOP_K_EXCEEDS_HELD',
        inequality: 't <= b_min: a token is routed to 3 experts, but a client may hold as few as 2',
        by: 1,
      },
    ]);
    expect(infeasibilities({ ...paper, topK: 7, homogeneous: true })).toEqual([
      expect.objectContaining({ code: 'TOP_K_EXCEEDS_HELD', by: 1 }),
    ]);
  });

  it('asks for equal shares that come out even, and ignores b_min and b_max then', () => {
    const equal = { ...paper, homogeneous: true, minExperts: 50, maxExperts: 1 };
    expect(infeasibilities(equal)).toEqual([]);
    expect(infeasibilities({ ...equal, experts: 31 })).toEqual([
      expect.objectContaining({ code: 'UNEQUAL_SHARES', by: 2 }),
    ]);
  });
});
