import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { mostFrequentAnswer } from './most-frequent-answer.js';
import { rougeL } from './rouge-l.js';

const references = JSON.parse(readFileSync(new URL('../../../fixtures/rouge-l.json', import.meta.url), 'utf8')) as {
  readonly candidate: string;
  readonly reference: string;
  readonly f1: number;
}[];

describe('ROUGE-L', () => {
  it.each(references.map((reference) => [reference.candidate, reference.reference, reference.f1] as const))(
    'of %j against %j is %d',
    (candidate, reference, f1) => {
      expect(Math.abs(rougeL(candidate, reference) - f1)).toBeLessThan(1e-9);
    },
  );

  it('counts a piece of white space as one empty word', () => {
    const [precision, recall] = [1 / 2, 1];
    expect(rougeL('a. ', 'a')).toBeCloseTo((2 * precision * recall) / (precision + recall + 1e-8), 12);
    expect(rougeL(' ', ' ')).toBeGreaterThan(0.99);
  });
});

describe('the most frequent answer', () => {
  it('is the first of equals', () => {
    expect(mostFrequentAnswer(['b', 'a', 'a', 'b', 'c'].map((output) => ({ output })))).toBe('b');
    expect(mostFrequentAnswer([{ output: 'constructor' }])).toBe('constructor');
    expect(() => mostFrequentAnswer([])).toThrow(/no examples/);
  });
});
