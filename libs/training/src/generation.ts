/** Generation with a key-value cache, several prompts at once; greedy, or drawn from the likeliest tokens. */
import type { Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import { bucketByLength } from './batch.js';
import { continueRows, type DrawnAnswer } from './continued-rows.js';
import type { Engine } from './engine.js';
import { checkSampling, type SamplingSettings } from './sampling.js';

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
  const answers = answersOf(prompts, settings);
  const lengths = prompts.map(({ length }) => length);
  for (const bucket of bucketByLength(lengths, GENERATION_ROWS)) {
    const rows = bucket.map((index) => answers[index] as DrawnAnswer);
    yield* continueRows(engine, parameters, rows, settings);
  }
}

/** An empty answer a prompt. Equal prompts draw from seeds of their own. */
function answersOf(prompts: readonly (readonly number[])[], { sampling }: GenerationSettings): DrawnAnswer[] {
  const occurred = new Map<string, number>();
  return prompts.map((promptIds, prompt) => {
    const key = promptIds.join();
    const occurrence = occurred.get(key) ?? 0;
    occurred.set(key, occurrence + 1);
    const random = seededRandom('generation', sampling?.seed ?? 0, key, occurrence);
    return { prompt, promptIds, ids: [], random };
  });
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
