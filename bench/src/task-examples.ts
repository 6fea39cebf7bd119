/** Real examples of varying length, and random ones of a wanted length, as token ids that both sides train on. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadExamples, loadTokenizer, tokenizeExample } from '@fedamole/datasets';
import { seededRandom, shuffled } from '@fedamole/seeded-random';
import type { Sequence } from '@fedamole/training';
import { BenchmarkError } from './benchmark-error.js';
import { quickstart, root } from './folders.js';

/** Natural Instructions beside the repository, where somebody put them; else the quickstart's clients. */
const defaultData = [
  join(root, '..', 'shared', 'data', 'natural-instructions', 'federate'),
  join(quickstart, 'clients'),
].find((folder) => existsSync(folder)) as string;

/**
 * `count` examples of at most `maxLength` tokens, drawn from every task by turns; the same ones every time. Tokens are those of
 * the quickstart's model: prompt and answer as a client would train on them.
 */
export async function taskExamples(data: string | null, count: number, maxLength: number): Promise<Sequence[]> {
  const tokenizer = await loadTokenizer(join(quickstart, 'model'));
  const folder = data ?? defaultData;
  if (!existsSync(folder)) throw new BenchmarkError(`${folder}: no such folder of examples (--data)`);
  const tasks = await Promise.all(
    readdirSync(folder)
      .sort()
      .map(async (task) => shuffled(await loadExamples(join(folder, task)), seededRandom('task-examples', task))),
  );
  if (tasks.length === 0) throw new BenchmarkError(`${folder}: holds no tasks (--data)`);
  const examples: Sequence[] = [];
  const longest = Math.max(...tasks.map((task) => task.length));
  for (let draw = 0; draw < longest; draw += 1) {
    for (const task of tasks) {
      const example = task[draw];
      const tokens = example === undefined ? null : tokenizeExample(tokenizer, example, maxLength);
      if (tokens !== null) examples.push({ ids: tokens.ids, promptLength: tokens.promptLength });
      if (examples.length === count) return examples;
    }
  }
  throw new BenchmarkError(`${folder}: holds ${examples.length} examples of at most ${maxLength} tokens, not ${count}`);
}

/** Random tokens; all but the first are targets. */
export function randomExamples(count: number, length: number, vocabularySize: number): Sequence[] {
  const random = seededRandom('random-examples');
  // the lowest ids are special tokens
  const token = (): number => 3 + Math.floor(random() * (vocabularySize - 3));
  return Array.from({ length: count }, () => ({ ids: Array.from({ length }, token), promptLength: 1 }));
}

/** `20 examples of 31 to 402 tokens, 4,311 in all, of them 251 targets`. */
export function describeExamples(examples: readonly Sequence[]): string {
  const lengths = examples.map(({ ids }) => ids.length);
  const targets = examples.reduce((sum, { ids, promptLength }) => sum + ids.length - promptLength, 0);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return `${examples.length} examples of ${Math.min(...lengths)} to ${Math.max(...lengths)} tokens, ${total} in all, of them ${targets} targets`;
}
