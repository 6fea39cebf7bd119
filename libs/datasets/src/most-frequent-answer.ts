import type { Example } from './example.js';

/**
 * The answer that most examples have, the first of equals: what a model scores that learnt the answers' form alone.
 *
 * @throws RangeError where there are no examples
 */
export function mostFrequentAnswer(examples: readonly Pick<Example, 'output'>[]): string {
  const counts = new Map<string, number>();
  for (const { output } of examples) counts.set(output, (counts.get(output) ?? 0) + 1);
  const [first, ...others] = counts;
  if (first === undefined) throw new RangeError('mostFrequentAnswer: there are no examples');
  return others.reduce((best, answer) => (answer[1] > best[1] ? answer : best), first)[0];
}
