import { describe, expect, it } from '@jest/globals';
import { addGradients, clipByGlobalNorm, globalNorm, scaleGradients, type Gradients } from './gradients.js';

const gradientsOf = (...vectors: number[][]): Gradients =>
  new Map(vectors.map((vector, index) => [`w${index}`, Float32Array.from(vector)]));
const elements = (gradients: Gradients): number[] => [...gradients.values()].flatMap((gradient) => [...gradient]);

describe('the global norm', () => {
  it('is that of all elements of all gradients', () => {
    expect(globalNorm(gradientsOf([3, 4], [0, 12, -84]))).toBe(85);
  });

  it('does not overflow where the elements do not', () => {
    expect(globalNorm(gradientsOf([3e38, 3e38], [3e38]))).toBeCloseTo(3e38 * Math.sqrt(3), -32);
  });

  it.each([NaN, Infinity])('is not finite where an element is %p', (element) => {
    expect(Number.isFinite(globalNorm(gradientsOf([1], [2, element])))).toBe(false);
  });
});

describe('clipping', () => {
  const clipped = (gradients: Gradients, maxNorm: number): number[] => {
    clipByGlobalNorm(gradients, globalNorm(gradients), maxNorm);
    return elements(gradients);
  };

  it('gives what clip_grad_norm_ of PyTorch 2.13 gives', () => {
    const expected = [0.03529411926865578, 0.0470588244497776, 0, 0.1411764770746231, -0.9882352948188782];
    clipped(gradientsOf([3, 4], [0, 12, -84]), 1).forEach((element, index) => {
      // PyTorch's own factor is a float32
      expect(Math.abs(element - (expected[index] as number))).toBeLessThanOrEqual(2 ** -24);
    });
  });

  it('leaves gradients as they are whose norm is allowed', () => {
    expect(clipped(gradientsOf([3, 4], [0, 12, -84]), 100)).toEqual([3, 4, 0, 12, -84]);
    expect(clipped(gradientsOf([0], [0, 0]), 1)).toEqual([0, 0, 0]);
  });
});

describe('gradients of several batches', () => {
  it('are scaled and added up in place', () => {
    const sums = gradientsOf([1, -2], [8]);
    scaleGradients(sums, 0.5);
    addGradients(sums, gradientsOf([4, 4], [-1]), 0.25);
    expect(elements(sums)).toEqual([1.5, 0, 3.75]);
  });
});
