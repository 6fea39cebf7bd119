/** What the decoding session reads of answers: all of their tokens at first, then their newest ones. */
import type { DecodingInput } from './engine.js';

/** A prompt and the answer to it so far. */
export interface Answer {
  /** Which of the prompts it answers. */
  readonly prompt: number;
  readonly promptIds: readonly number[];
  readonly ids: number[];
}

/** All prompts with what was answered so far, padded on the left; the last token of each predicts. */
export function wholeInput(rows: readonly Answer[], padTokenId: number): DecodingInput {
  const sequences = rows.map(({ promptIds, ids }) => [...promptIds, ...ids]);
  const lengths = sequences.map(({ length }) => length);
  const time = Math.max(...lengths);
  const inputIds = new BigInt64Array(rows.length * time).fill(BigInt(padTokenId));
  const positions = new BigInt64Array(rows.length * time);
  sequences.forEach((sequence, row) => {
    const start = (row + 1) * time - sequence.length;
    sequence.forEach((id, index) => {
      inputIds[start + index] = BigInt(id);
      positions[start + index] = BigInt(index);
    });
  });
  const selected = BigInt64Array.from(rows, (_, row) => BigInt((row + 1) * time - 1));
  return { rows: rows.length, time, inputIds, positions, lengths, selected };
}

/** The newest token of each answer. */
export function tokenInput(rows: readonly Answer[]): DecodingInput {
  return {
    rows: rows.length,
    time: 1,
    inputIds: BigInt64Array.from(rows, ({ ids }) => BigInt(ids.at(-1) as number)),
    positions: BigInt64Array.from(rows, ({ promptIds, ids }) => BigInt(promptIds.length + ids.length - 1)),
    lengths: rows.map(() => 1),
    selected: BigInt64Array.from(rows, (_, row) => BigInt(row)),
  };
}
