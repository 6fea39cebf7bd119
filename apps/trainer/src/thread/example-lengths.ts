import type { ExampleLengths } from '@fedamole/federation';
import type { ClientSplits } from './client-data.js';

/** How long a client's examples are, in tokens: numbers that tell nothing of what they say. */
export function exampleLengths({ train, embedding, validation, test, leftOut }: ClientSplits): ExampleLengths {
  const examples = [...train, ...embedding, ...validation, ...test];
  return {
    prompt: spreadOf(examples.map(({ promptLength }) => promptLength)),
    answer: spreadOf(examples.map(({ ids, promptLength }) => ids.length - promptLength)),
    leftOut,
  };
}

/** The lower median of an even number of lengths. */
function spreadOf(lengths: readonly number[]): ExampleLengths['prompt'] {
  const ordered = [...lengths].sort((one, other) => one - other);
  const at = (index: number): number => ordered[index] ?? 0;
  return { least: at(0), median: at(Math.floor((ordered.length - 1) / 2)), most: at(ordered.length - 1) };
}
