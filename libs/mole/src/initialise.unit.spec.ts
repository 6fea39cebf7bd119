import { describe, expect, it } from '@jest/globals';
import { initialisePool } from './initialise.js';
import type { ExpertPool } from './parameters.js';

/** A repeatable sequence of uniform numbers in [0, 1) of its own for every text. */
function sequence(text: string): () => number {
  let state = [...text].reduce((sum, character) => Math.imul(sum, 31) + character.charCodeAt(0), 7) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const query = { name: 'q_proj', inputWidth: 64, outputWidth: 48 };
const value = { name: 'v_proj', inputWidth: 16, outputWidth: 8 };
const settings = { rank: 8, experts: 5 };
const drawn = (pool: ExpertPool, module: string) => {
  const found = pool.get(module);
  if (found === undefined) throw new Error(`no pool of ${module}`);
  return found;
};

describe('the first pool', () => {
  const pool = initialisePool([query, value], settings, sequence);

  it('has every expert, the shared expert and the token projection of every module', () => {
    expect([...pool.keys()]).toEqual(['q_proj', 'v_proj']);
    for (const { name, inputWidth, outputWidth } of [query, value]) {
      const { experts, shared, tokenProjection } = drawn(pool, name);
      expect(experts).toHaveLength(5);
      for (const { a, b } of [shared, ...experts]) {
        expect(a).toHaveLength(8 * inputWidth);
        expect(b).toHaveLength(outputWidth * 8);
      }
      expect(tokenProjection).toHaveLength(8 * inputWidth);
    }
  });

  it('draws A and the token projection uniformly from +-1 / sqrt(input width)', () => {
    for (const { name, inputWidth } of [query, value]) {
      const { experts, shared, tokenProjection } = drawn(pool, name);
      const bound = inputWidth ** -0.5;
      const all = [...experts.map(({ a }) => a), shared.a, tokenProjection].flatMap((values) => [...values]);
      expect(Math.max(...all)).toBeLessThanOrEqual(bound);
      expect(Math.min(...all)).toBeGreaterThanOrEqual(-bound);
      const mean = all.reduce((sum, element) => sum + element, 0) / all.length;
      const variance = all.reduce((sum, element) => sum + element ** 2, 0) / all.length;
      expect(Math.abs(mean)).toBeLessThan(bound / 10);
      // a uniform distribution's variance is bound^2 / 3
      expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.1);
    }
  });

  it('starts every B at zero, so that the model is the base model', () => {
    const all = [...pool.values()].flatMap(({ experts, shared }) => [shared, ...experts]);
    expect(all.every(({ b }) => b.every((element) => element === 0))).toBe(true);
  });

  it('draws no two experts alike', () => {
    const { experts, shared, tokenProjection } = drawn(pool, 'q_proj');
    const texts = [...experts.map(({ a }) => a), shared.a, tokenProjection].map((values) => values.join());
    expect(new Set(texts).size).toBe(texts.length);
  });

  it('gives a module the same values whatever other modules there are', () => {
    const alone = initialisePool([value], settings, sequence);
    expect(drawn(alone, 'v_proj')).toEqual(drawn(pool, 'v_proj'));
    const turned = initialisePool([value, query], settings, sequence);
    expect(drawn(turned, 'q_proj')).toEqual(drawn(pool, 'q_proj'));
  });

  it('gives modules of the same widths different values', () => {
    const twin = initialisePool([query, { ...query, name: 'k_proj' }], settings, sequence);
    expect(drawn(twin, 'q_proj').tokenProjection).not.toEqual(drawn(twin, 'k_proj').tokenProjection);
  });
});
