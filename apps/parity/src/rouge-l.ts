/** ROUGE-L of pairs of texts. */
import { rougeL } from '@fedamole/datasets';
import { z } from 'zod';
import { worst, type Comparison } from './comparison.js';
import { readJson } from './reference.js';

const pairs = z.array(z.object({ candidate: z.string(), reference: z.string(), f1: z.number() })).min(1);

export async function compareRougeL(file: string): Promise<Comparison[]> {
  const cases = pairs.parse(await readJson(file));
  const errors = cases.map(({ candidate, reference, f1 }) => Math.abs(rougeL(candidate, reference) - f1));
  return [worst(`F1 of ${cases.length} pairs`, errors, 1e-9)];
}
