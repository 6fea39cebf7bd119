import { describe, expect, it } from '@jest/globals';
import { agreement, byModule } from './gradient-agreement.js';

const step = (...modules: number[][]) =>
  new Map(modules.map((values, index) => [`m${index}`, Float32Array.from(values)]));

describe('gradients of parameters', () => {
  it("are joined by module, and none is taken for another's whose name begins alike", () => {
    const gradients = new Map(
      Object.entries({ 'layer.1.A': [1, 2], 'layer.10.A': [3], 'layer.1.B': [4] }).map(([name, values]) => [
        name,
        Float32Array.from(values),
      ]),
    );
    expect(byModule(['layer.1', 'layer.10'], gradients)).toEqual(
      new Map([
        ['layer.1', Float32Array.of(1, 2, 4)],
        ['layer.10', Float32Array.of(3)],
      ]),
    );
  });
});

describe('the agreement of gradients', () => {
  it('is the cosine of every module, and the error of all', () => {
    const exact = step([1, 0], [3, 4], [2, 0]);
    const found = agreement([{ exact, other: step([1, 1], [3, 4], [0, 2]) }]);
    expect(found.leastCosine).toBe(0);
    expect(found.medianCosine).toBeCloseTo(Math.SQRT1_2, 12);
    expect(found.relativeError).toBeCloseTo(Math.sqrt((1 + 8) / (1 + 25 + 4)), 12);
    expect(agreement([{ exact, other: exact }])).toEqual({ leastCosine: 1, medianCosine: 1, relativeError: 0 });
  });

  it('is refused where a module has no gradients', () => {
    expect(() => agreement([{ exact: step([1], [2]), other: step([1]) }])).toThrow('the gradients of m1 are missing');
  });
});
