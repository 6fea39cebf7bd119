import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import highs from 'highs';
import { assignExperts } from './assign.js';
import { assignmentInfeasibilities, heldLimits, InfeasibleAssignmentError } from './feasibility.js';
import type { AssignmentLimits } from './feasibility.js';
import { objective, softmaxOverClients } from './scores.js';

/** The package's types describe its CommonJS build; its ES module exports the loader itself. */
const loadHighs = highs as unknown as typeof highs.default;

interface ReferenceProblem extends AssignmentLimits {
  readonly logits: number[][];
  readonly feasible: boolean;
  readonly objective: number | null;
}

const problems = JSON.parse(
  readFileSync(new URL('../../../fixtures/assignment.json', import.meta.url), 'utf8'),
) as ReferenceProblem[];

function expectWithinLimits(assignment: readonly (readonly number[])[], limits: AssignmentLimits): void {
  const [least, most] = heldLimits(limits);
  const picks = new Array<number>(limits.experts).fill(0);
  expect(assignment).toHaveLength(limits.clients);
  for (const held of assignment) {
    expect(held.length).toBeGreaterThanOrEqual(least);
    expect(held.length).toBeLessThanOrEqual(most);
    expect(held).toEqual([...new Set(held)].sort((left, right) => left - right));
    for (const expert of held) picks[expert] = (picks[expert] ?? NaN) + 1;
  }
  expect(picks).toEqual(new Array<number>(limits.experts).fill(limits.expertChoices));
}

/** The same 0/1 program in CPLEX LP format. */
function linearProgram(scores: readonly (readonly number[])[], limits: AssignmentLimits): string {
  const [least, most] = heldLimits(limits);
  const name = (expert: number, client: number): string => `x_${expert}_${client}`;
  const experts = scores.map((_, expert) => expert);
  const clients = Array.from({ length: limits.clients }, (_, client) => client);
  const sum = (names: string[]): string => names.join(' + ');
  return [
    'Maximize',
    ` obj: ${sum(experts.flatMap((expert) => clients.map((client) => `${scores[expert]?.[client]} ${name(expert, client)}`)))}`,
    'Subject To',
    ...experts.map(
      (expert) => ` e${expert}: ${sum(clients.map((client) => name(expert, client)))} = ${limits.expertChoices}`,
    ),
    ...clients.flatMap((client) => {
      const held = sum(experts.map((expert) => name(expert, client)));
      return [` l${client}: ${held} >= ${least}`, ` m${client}: ${held} <= ${most}`];
    }),
    'Binary',
    ...experts.flatMap((expert) => clients.map((client) => ` ${name(expert, client)}`)),
    'End',
  ].join('\n');
}

const limitsAndScores = fc
  .record({
    experts: fc.integer({ min: 1, max: 14 }),
    clients: fc.integer({ min: 1, max: 9 }),
    expertChoices: fc.integer({ min: 1, max: 5 }),
    minExperts: fc.integer({ min: 0, max: 4 }),
    maxExperts: fc.integer({ min: 1, max: 16 }),
    homogeneous: fc.boolean(),
  })
  .chain((limits) => {
    // Few distinct values make ties and degenerate pivots; doubles make none.
    const score = fc.oneof(fc.constantFrom(0, 0.25, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    const row = fc.array(score, { minLength: limits.clients, maxLength: limits.clients });
    return fc.tuple(fc.constant(limits), fc.array(row, { minLength: limits.experts, maxLength: limits.experts }));
  });

describe('reverse selection', () => {
  it.each(problems.map((problem, index) => [index, problem] as const))(
    'reaches the optimum of reference problem %i, or finds it infeasible alike',
    (_index, problem) => {
      const scores = softmaxOverClients(problem.logits);
      expect(assignmentInfeasibilities(problem).length === 0).toBe(problem.feasible);
      if (!problem.feasible) {
        expect(() => assignExperts(scores, problem)).toThrow(InfeasibleAssignmentError);
        return;
      }
      const assignment = assignExperts(scores, problem);
      expectWithinLimits(assignment, problem);
      expect(Math.abs(objective(scores, assignment) - (problem.objective ?? NaN))).toBeLessThan(1e-9);
    },
  );

  it('keeps every limit and reaches the optimum that HiGHS finds, or HiGHS finds none either', async () => {
    const solver = await loadHighs();
    let feasible = 0;
    fc.assert(
      fc.property(limitsAndScores, ([limits, scores]) => {
        const oracle = solver.solve(linearProgram(scores, limits));
        if (assignmentInfeasibilities(limits).length > 0) {
          expect(oracle.Status).toBe('Infeasible');
          return;
        }
        feasible += 1;
        const assignment = assignExperts(scores, limits);
        expectWithinLimits(assignment, limits);
        expect(oracle.Status).toBe('Optimal');
        expect(Math.abs(objective(scores, assignment) - oracle.ObjectiveValue)).toBeLessThan(1e-7);
      }),
      { numRuns: 400, seed: 7 },
    );
    expect(feasible).toBeGreaterThan(50);
  });

  it('keeps every limit where all experts want the same clients', () => {
    const limits = { experts: 60, clients: 20, expertChoices: 3, minExperts: 2, maxExperts: 9, homogeneous: false };
    const scores = Array.from({ length: 60 }, () => Array.from({ length: 20 }, (_, client) => 2 ** -client));
    expectWithinLimits(assignExperts(scores, limits), limits);
    const equal = { ...limits, homogeneous: true };
    expectWithinLimits(assignExperts(scores, equal), equal);
  });

  it('gives the same assignment every time, whatever kind of rows hold the scores', () => {
    const limits = { experts: 8, clients: 4, expertChoices: 2, minExperts: 2, maxExperts: 6, homogeneous: false };
    const scores = Array.from({ length: 8 }, () => [0.25, 0.25, 0.25, 0.25]);
    const assignment = assignExperts(scores, limits);
    expectWithinLimits(assignment, limits);
    expect(
      assignExperts(
        scores.map((row) => Float64Array.from(row)),
        limits,
      ),
    ).toEqual(assignment);
  });

  it('names the inequality where no assignment exists', () => {
    const limits = { experts: 2, clients: 4, expertChoices: 1, minExperts: 1, maxExperts: 2, homogeneous: false };
    expect(() =>
      assignExperts(
        [
          [1, 0, 0, 0],
          [1, 0, 0, 0],
        ],
        limits,
      ),
    ).toThrow(
      'No assignment meets the limits: C b_min <= E k: 4 clients need 1 experts each, 4 in all, but 2 experts picking 1 clients each make 2 choices',
    );
  });

  it('refuses scores and limits that do not fit', () => {
    const limits = { experts: 2, clients: 2, expertChoices: 1, minExperts: 1, maxExperts: 2, homogeneous: false };
    expect(() => assignExperts([[1, 0]], limits)).toThrow(/1 rows, but there are 2 experts/);
    expect(() => assignExperts([[1, 0], [1]], limits)).toThrow(/expert 1 has 1 scores, but there are 2 clients/);
    expect(() =>
      assignExperts(
        [
          [1, 0],
          [1, NaN],
        ],
        limits,
      ),
    ).toThrow(/score of expert 1 for client 1 is NaN/);
    expect(() =>
      assignExperts(
        [
          [1, 0],
          [1, 0],
        ],
        { ...limits, expertChoices: 1.5 },
      ),
    ).toThrow(/expertChoices is 1.5/);
  });
});
