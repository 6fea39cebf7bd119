import { describe, expect, it } from '@jest/globals';
import { partialAffinityScores } from './partial-scores.js';
import { affinityScores } from './scores.js';

const experts = [
  [1, 2],
  [0.5, -1],
  [3, 0],
];
const clients = [
  [1, 0],
  [0, 1],
];
const half = (): number => 0.5;

describe('scores where embeddings are missing', () => {
  it('are the affinities where none is', () => {
    const never = (): number => {
      throw new Error('drawn');
    };
    expect(partialAffinityScores(experts, clients, never)).toEqual(affinityScores(experts, clients));
  });

  it('are affinities among those that have one, and average draws for the others', () => {
    const measured = affinityScores([experts[0] ?? [], experts[2] ?? []], clients);
    expect(partialAffinityScores([[1, 2], null, [3, 0]], [[1, 0], null, [0, 1]], half)).toEqual([
      [measured[0]?.[0], 1 / 3, measured[0]?.[1]],
      [1 / 3, 1 / 3, 1 / 3],
      [measured[1]?.[0], 1 / 3, measured[1]?.[1]],
    ]);
  });

  it('are all drawn where nobody has measured anything, each in its own place', () => {
    expect(partialAffinityScores([[1, 2], null], [null, null], (expert, client) => (2 * expert + client) / 4)).toEqual([
      [0, 0.25],
      [0.5, 0.75],
    ]);
  });
});
