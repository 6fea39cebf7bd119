import { describe, expect, it } from '@jest/globals';
import type { ClientExample } from './client-data.js';
import { exampleLengths } from './example-lengths.js';

const example = (promptLength: number, answerLength: number): ClientExample => ({
  instruction: 'Name the street.',
  input: '',
  output: 'Oak Lane',
  promptIds: new Array<number>(promptLength).fill(1),
  ids: new Array<number>(promptLength + answerLength).fill(1),
  promptLength,
});

describe("the lengths of a client's examples", () => {
  it('are those of all splits, prompts and answers apart', () => {
    const splits = {
      train: [example(10, 2), example(30, 5)],
      embedding: [example(20, 4)],
      validation: [example(11, 3)],
      test: [example(12, 9)],
      leftOut: 7,
    };
    expect(exampleLengths(splits)).toEqual({
      prompt: { least: 10, median: 12, most: 30 },
      answer: { least: 2, median: 4, most: 9 },
      leftOut: 7,
    });
  });
});
