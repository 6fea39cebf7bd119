/** Greedy generation with a key-value cache, several prompts at once. */
import type { Parameters } from '@fedamole/mole';
import { bucketByLength } from './batch.js';
import type { Engine } from './engine.js';
import { KeyValueCache } from './key-value-cache.js';

/** Prompts that are continued at once; of similar length, so that little is padding. */
const GENERATION_ROWS = 16;

export interface GenerationSettings {
  readonly maxNewTokens: number;
  /** The tokens that end an answer; with none it continues to `maxNewTokens`. */
  readonly stopTokenIds: readonly number[];
  readonly padTokenId: number;
}

/**
 * The most likely continuation of each prompt, token by token, without the token that ends it. `onTokens` is awaited after
 * every token with the number of prompts that are finished, and may throw to stop.
 */
export async function generateGreedily(
  engine: Engine,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
  settings: GenerationSettings,
  onTokens: (finished: number) => void | Promise<void> = () => undefined,
): Promise<number[][]> {
  const limit = engine.model.decoder.maxPositions - settings.maxNewTokens;
  const answers: number[][] = prompts.map(() => []);
  for (const [index, prompt] of prompts.entries()) {
    if (prompt.length < 1 || prompt.length > limit) {
      throw new Error(
        `prompt ${index} has ${prompt.length} tokens; it may have 1 to ${limit} with ${settings.maxNewTokens} new ones`,
      );
    }
  }
  let finished = 0;
  const lengths = prompts.map(({ length }) => length);
  for (const bucket of bucketByLength(lengths, GENERATION_ROWS)) {
    const rows = bucket.map((index) => prompts[index] as readonly number[]);
    const continued = await continueRows(engine, parameters, rows, settings, () => onTokens(finished));
    bucket.forEach((index, row) => {
      answers[index] = continued[row] as number[];
    });
    finished += bucket.length;
    await onTokens(finished);
  }
  return answers;
}

async function continueRows(
  engine: Engine,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
  { maxNewTokens, stopTokenIds, padTokenId }: GenerationSettings,
  onStep: () => void | Promise<void>,
): Promise<number[][]> {
  const rows = prompts.length;
  const answers: number[][] = prompts.map(() => []);
  const open = prompts.map(() => true);
  const lengths = prompts.map(({ length }) => length);
  let time = Math.max(...lengths);
  let inputIds = new BigInt64Array(rows * time).fill(BigInt(padTokenId));
  let positions = new BigInt64Array(rows * time);
  prompts.forEach((prompt, row) => {
    const start = (row + 1) * time - prompt.length;
    prompt.forEach((id, index) => {
      inputIds[start + index] = BigInt(id);
      positions[start + index] = BigInt(index);
    });
  });
  const cache = new KeyValueCache(engine.model.decoder, rows);
  let added = lengths.slice();
  for (let step = 0; step < maxNewTokens; step += 1) {
    const selected = BigInt64Array.from({ length: rows }, (_, row) => BigInt((row + 1) * time - 1));
    const result = await engine.decode(
      parameters,
      { rows, time, inputIds, positions, lengths: added, selected },
      cache,
    );
    added = added.map(() => 1);
    time = 1;
    inputIds = new BigInt64Array(rows).fill(BigInt(padTokenId));
    positions = new BigInt64Array(rows);
    for (let row = 0; row < rows; row += 1) {
      const token = largest(result.logits, row, engine.model.decoder.vocabularySize);
      if (stopTokenIds.includes(token)) open[row] = false;
      positions[row] = BigInt(lengths[row] as number);
      lengths[row] = (lengths[row] as number) + 1;
      if (open[row] !== true) continue;
      inputIds[row] = BigInt(token);
      answers[row]?.push(token);
    }
    await onStep();
    if (!open.includes(true)) break;
  }
  return answers;
}

/** The index of a row's largest logit, the first of equal ones. */
function largest(logits: Float32Array, row: number, width: number): number {
  let best = row * width;
  for (let index = best + 1; index < (row + 1) * width; index += 1) {
    if ((logits[index] as number) > (logits[best] as number)) best = index;
  }
  return best - row * width;
}
