import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fedamole/seeded-random';
import { candidates, checkSampling, drawToken, likeliestToken, penalised } from './sampling.js';

const logits = Float32Array.of(1, 3, -2, 3, 0, 2.5);
const random = seededRandom('logits');
const many = Float32Array.from({ length: 5000 }, () => 12 * random() - 6);

/** Top-k and top-p by sorting everything. */
function sortedCandidates(values: Float32Array, temperature: number, topK: number, topP: number): Map<number, number> {
  const order = [...values.keys()]
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .slice(0, topK);
  const weights = order.map((token) => Math.exp((values[token] as number) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let before = 0;
  const kept = order.filter((_, index) => {
    const keep = before < topP * total;
    before += weights[index] as number;
    return keep;
  });
  const mass = weights.slice(0, kept.length).reduce((sum, weight) => sum + weight, 0);
  return new Map(kept.map((token, index) => [token, (weights[index] as number) / mass]));
}

describe('the likeliest token', () => {
  it('is the first of equals', () => {
    expect(likeliestToken(logits)).toBe(1);
  });
});

describe('the candidates', () => {
  it.each([
    [1, 5000, 1],
    [0.7, 5000, 0.9],
    [1.5, 100, 1],
    [0.5, 17, 0.6],
    [2, 3000, 0.999],
    [1, 1, 1],
    [1, 5000, 1e-9],
  ])('at temperature %d, top-k %d and top-p %d are those of sorting everything', (temperature, topK, topP) => {
    const { tokens, probabilities } = candidates(many, { temperature, topK, topP });
    const expected = sortedCandidates(many, temperature, topK, topP);
    expect([...tokens].sort((a, b) => a - b)).toEqual([...expected.keys()].sort((a, b) => a - b));
    tokens.forEach((token, index) => expect(probabilities[index]).toBeCloseTo(expected.get(token) as number, 12));
  });

  it('include all that are as likely as the last of the top-k', () => {
    expect(candidates(logits, { topK: 1 })).toEqual({ tokens: [1, 3], probabilities: [0.5, 0.5] });
  });

  it('stay finite for large logits and small temperatures', () => {
    const { tokens, probabilities } = candidates(Float32Array.of(1e30, 9e29, -1e30), { temperature: 1e-3 });
    expect(tokens).toEqual([0, 1, 2]);
    expect(probabilities).toEqual([1, 0, 0]);
  });
});

describe('drawing', () => {
  it('takes each token as often as its probability says', () => {
    const next = seededRandom('draws');
    const counts = [0, 0, 0];
    const drawn = { tokens: [0, 1, 2], probabilities: [0.5, 0.2, 0.3] };
    for (let draw = 0; draw < 10_000; draw += 1) {
      const token = drawToken(drawn, next());
      counts[token] = (counts[token] as number) + 1;
    }
    drawn.probabilities.forEach((probability, token) => {
      expect(Math.abs((counts[token] as number) / 10_000 - probability)).toBeLessThan(0.02);
    });
  });

  it('takes the last token where rounding leaves a rest', () => {
    expect(drawToken({ tokens: [4, 9], probabilities: [0.3, 0.3] }, 0.9)).toBe(9);
  });
});

describe('the repetition penalty', () => {
  it('makes tokens less likely whatever their sign, once each, and leaves the logits as they were', () => {
    expect([...penalised(logits, [1, 2, 1], 2)]).toEqual([1, 1.5, -4, 3, 0, 2.5]);
    expect([...logits]).toEqual([1, 3, -2, 3, 0, 2.5]);
  });
});

describe('sampling settings', () => {
  it.each([
    [{ temperature: 0 }, 'sampling.temperature is 0; it must be above 0'],
    [{ temperature: -1 }, 'sampling.temperature is -1; it must be above 0'],
    [{ temperature: NaN }, 'sampling.temperature is NaN; it must be above 0'],
    [{ topK: 0 }, 'sampling.topK is 0; it must be a whole number of at least 1'],
    [{ topK: 2.5 }, 'sampling.topK is 2.5; it must be a whole number of at least 1'],
    [{ topP: 0 }, 'sampling.topP is 0; it must be above 0 and at most 1'],
    [{ topP: 1.01 }, 'sampling.topP is 1.01; it must be above 0 and at most 1'],
  ])('refuse %j', (settings, message) => {
    expect(() => checkSampling({ seed: 0, ...settings })).toThrow(message);
  });

  it('allow the limits', () => {
    expect(() => checkSampling({ seed: 0, temperature: 1e-9, topK: 1, topP: 1 })).not.toThrow();
  });
});
