import { describe, expect, it } from '@jest/globals';
import { affinityScores, objective, randomScores, softmaxOverClients } from './scores.js';

describe('scores', () => {
  it('are the softmax over clients of the scaled inner products', () => {
    const [row] = affinityScores(
      [[1, 2, 0, 1]],
      [
        [1, 0, 0, 1],
        [0, 3, 0, 0],
      ],
    );
    const logits = [2 / 2, 6 / 2];
    const sum = Math.exp(logits[0] ?? 0) + Math.exp(logits[1] ?? 0);
    expect(row?.[0]).toBeCloseTo(Math.exp(1) / sum, 15);
    expect(row?.[1]).toBeCloseTo(Math.exp(3) / sum, 15);
  });

  it('accept typed arrays, as they come from tensors', () => {
    expect(affinityScores([Float32Array.of(1)], [Float32Array.of(2), Float32Array.of(2)])).toEqual([[0.5, 0.5]]);
  });

  it('do not overflow', () => {
    expect(
      softmaxOverClients([
        [1000, 1000],
        [-1e308, 1e308],
      ]),
    ).toEqual([
      [0.5, 0.5],
      [0, 1],
    ]);
  });

  it('refuse logits without a finite maximum, and embeddings of different ranks', () => {
    expect(() =>
      softmaxOverClients([
        [0, 1],
        [NaN, 1],
      ]),
    ).toThrow(/expert 1 have no finite maximum/);
    expect(() => affinityScores([[1, 2]], [[1, 2], [1]])).toThrow(
      /token embedding of client 1 has 1 numbers, but rank is 2/,
    );
    expect(() => affinityScores([[1]], [[1, 2]])).toThrow(/embedding of expert 0 has 1 numbers/);
    expect(() => affinityScores([[1]], [])).toThrow(/no client/);
  });

  it('are drawn expert by expert', () => {
    let drawn = 0;
    expect(randomScores(2, 3, () => drawn++)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  it('are summed over an assignment, which must fit them', () => {
    expect(
      objective(
        [
          [1, 2],
          [4, 8],
        ],
        [[1], [0, 1]],
      ),
    ).toBe(14);
    expect(() => objective([[1, 2]], [[0], [1]])).toThrow(/no score of expert 1 for client 1/);
  });
});
