/** Generation with a key-value cache, several prompts at once; greedy, or drawn from the likeliest tokens. */
import type { Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import { bucketByLength } from './batch.js';
import type { DecodingInput, Engine } from './engine.js';
import { KeyValueCache } from './key-value-cache.js';
import { candidates, checkSampling, drawToken, likeliestToken, penalised, type SamplingSettings } from './sampling.js';

/** Prompts that are continued at once; of similar length, so that little is padding. */
const GENERATION_ROWS = 16;

export interface GenerationSettings {
  readonly maxNewTokens: number;
  /** The tokens that end an answer; with none it continues to `maxNewTokens`. */
  readonly stopTokenIds: readonly number[];
  readonly padTokenId: number;
  /** Tokens are drawn; left out, the likeliest is taken. */
  readonly sampling?: SamplingSettings;
  /** Makes tokens of the prompt and the answer so far less likely; above 0, 1 changes nothing. */
  readonly repetitionPenalty?: number;
  /** Whether an answer ends with the token that it has got last, such as where it contains a stop text. */
  readonly endsAnswer?: (prompt: number, answer: readonly number[]) => boolean;
}

/** What one step brought: at most one token of each prompt of a batch. */
export interface GenerationStep {
  readonly tokens: readonly { readonly prompt: number; readonly token: number }[];
  /** Prompts whose answers are complete. */
  readonly ended: readonly number[];
}

/**
 * The continuation of each prompt, without the token that ends it. `onTokens` is awaited after every token with the number
 * of prompts that are finished, and may throw to stop.
 */
export async function generate(
  engine: Engine,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
  settings: GenerationSettings,
  onTokens: (finished: number) => void | Promise<void> = () => undefined,
): Promise<number[][]> {
  const answers: number[][] = prompts.map(() => []);
  let finished = 0;
  for await (const { tokens, ended } of generateSteps(engine, parameters, prompts, settings)) {
    for (const { prompt, token } of tokens) answers[prompt]?.push(token);
    finished += ended.length;
    await onTokens(finished);
  }
  return answers;
}

/**
 * The same as it comes, step by step: batches follow each other, and a prompt that is finished costs nothing any more. A
 * consumer that stops listening stops the generation.
 *
 * @throws RangeError that names the setting, or the prompt whose length leaves no room for the new tokens
 */
export async function* generateSteps(
  engine: Engine,
  parameters: Parameters,
  prompts: readonly (readonly number[])[],
  settings: GenerationSettings,
): AsyncGenerator<GenerationStep, void, void> {
  check(settings, prompts, engine.model.decoder.maxPositions);
  const rows = answersOf(prompts, settings);
  for (const bucket of bucketByLength(
    prompts.map(({ length }) => length),
    GENERATION_ROWS,
  )) {
    yield* continueRows(
      engine,
      parameters,
      bucket.map((index) => rows[index] as Answer),
      settings,
    );
  }
}

interface Answer {
  readonly prompt: number;
  readonly promptIds: readonly number[];
  readonly ids: number[];
  /** Draws of its own, so that they do not depend on what it is generated beside. */
  readonly random: () => number;
}

function answersOf(prompts: readonly (readonly number[])[], { sampling }: GenerationSettings): Answer[] {
  const occurred = new Map<string, number>();
  return prompts.map((promptIds, prompt) => {
    const key = promptIds.join();
    const occurrence = occurred.get(key) ?? 0;
    occurred.set(key, occurrence + 1);
    const random = seededRandom('generation', sampling?.seed ?? 0, key, occurrence);
    return { prompt, promptIds, ids: [], random };
  });
}

async function* continueRows(
  engine: Engine,
  parameters: Parameters,
  rows: readonly Answer[],
  settings: GenerationSettings,
): AsyncGenerator<GenerationStep, void, void> {
  const { decoder } = engine.model;
  const cache = new KeyValueCache(decoder, rows.length);
  let open = rows;
  let input = promptInput(rows, settings.padTokenId);
  while (open.length > 0) {
    const { logits } = await engine.decode(parameters, input, cache);
    const going: number[] = [];
    const tokens: { prompt: number; token: number }[] = [];
    open.forEach((answer, row) => {
      const token = nextToken(
        logits.subarray(row * decoder.vocabularySize, (row + 1) * decoder.vocabularySize),
        answer,
        settings,
      );
      if (settings.stopTokenIds.includes(token)) return;
      answer.ids.push(token);
      tokens.push({ prompt: answer.prompt, token });
      if (answer.ids.length < settings.maxNewTokens && settings.endsAnswer?.(answer.prompt, answer.ids) !== true)
        going.push(row);
    });
    const ended = open.filter((_, row) => !going.includes(row)).map(({ prompt }) => prompt);
    if (ended.length > 0 && going.length > 0) cache.keep(going);
    open = going.map((row) => open[row] as Answer);
    input = tokenInput(open);
    yield { tokens, ended };
  }
}

function nextToken(
  logits: Float32Array,
  { prompt, promptIds, ids, random }: Answer,
  { sampling, repetitionPenalty = 1 }: GenerationSettings,
): number {
  const scores = repetitionPenalty === 1 ? logits : penalised(logits, [...promptIds, ...ids], repetitionPenalty);
  const likeliest = likeliestToken(scores);
  if (!Number.isFinite(scores[likeliest])) {
    throw new Error(`prompt ${prompt}: the model's logits are not finite after ${ids.length} new tokens`);
  }
  return sampling === undefined ? likeliest : drawToken(candidates(scores, sampling), random());
}

/** All prompts, padded on the left; the last token of each predicts. */
function promptInput(rows: readonly Answer[], padTokenId: number): DecodingInput {
  const lengths = rows.map(({ promptIds }) => promptIds.length);
  const time = Math.max(...lengths);
  const inputIds = new BigInt64Array(rows.length * time).fill(BigInt(padTokenId));
  const positions = new BigInt64Array(rows.length * time);
  rows.forEach(({ promptIds }, row) => {
    const start = (row + 1) * time - promptIds.length;
    promptIds.forEach((id, index) => {
      inputIds[start + index] = BigInt(id);
      positions[start + index] = BigInt(index);
    });
  });
  const selected = BigInt64Array.from(rows, (_, row) => BigInt((row + 1) * time - 1));
  return { rows: rows.length, time, inputIds, positions, lengths, selected };
}

/** The newest token of each answer. */
function tokenInput(rows: readonly Answer[]): DecodingInput {
  return {
    rows: rows.length,
    time: 1,
    inputIds: BigInt64Array.from(rows, ({ ids }) => BigInt(ids.at(-1) as number)),
    positions: BigInt64Array.from(rows, ({ promptIds, ids }) => BigInt(promptIds.length + ids.length - 1)),
    lengths: rows.map(() => 1),
    selected: BigInt64Array.from(rows, (_, row) => BigInt(row)),
  };
}

function check(
  { maxNewTokens, repetitionPenalty = 1, sampling }: GenerationSettings,
  prompts: readonly (readonly number[])[],
  maxPositions: number,
): void {
  if (!Number.isSafeInteger(maxNewTokens) || maxNewTokens < 1) {
    throw new RangeError(`maxNewTokens is ${maxNewTokens}; it must be a whole number of at least 1`);
  }
  if (!(repetitionPenalty > 0 && repetitionPenalty < Infinity)) {
    throw new RangeError(`repetitionPenalty is ${repetitionPenalty}; it must be above 0`);
  }
  if (sampling !== undefined) checkSampling(sampling);
  const limit = maxPositions - maxNewTokens;
  for (const [index, { length }] of prompts.entries()) {
    if (length < 1 || length > limit) {
      throw new RangeError(
        `prompt ${index} has ${length} tokens; it may have 1 to ${limit} with ${maxNewTokens} new ones`,
      );
    }
  }
}
