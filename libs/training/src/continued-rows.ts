/** One batch of prompts, continued together until the last of them has its answer. */
import type { Decoder, RotaryTurns } from '@fedamole/models';
import type { Parameters } from '@fedamole/mole';
import { tokenInput, wholeInput, type Answer } from './decoding-input.js';
import type { Engine } from './engine.js';
import type { GenerationSettings, GenerationStep } from './generation.js';
import { KeyValueCache } from './key-value-cache.js';
import { candidates, drawToken, likeliestToken, penalised } from './sampling.js';

/** An answer with draws of its own, so that they do not depend on what it is generated beside. */
export interface DrawnAnswer extends Answer {
  readonly random: () => number;
}

/** Adds a token a step to every open answer; one that is complete leaves the batch and its cache. */
export async function* continueRows(
  engine: Engine,
  parameters: Parameters,
  answers: readonly DrawnAnswer[],
  settings: GenerationSettings,
): AsyncGenerator<GenerationStep, void, void> {
  const { decoder } = engine.model;
  let cache = new KeyValueCache(decoder, answers.length);
  let open = answers;
  let input = wholeInput(answers, settings.padTokenId);
  while (open.length > 0) {
    const { logits } = await engine.decode(parameters, input, cache);
    const turned = keyTurns(decoder, open);
    const tokens = open.flatMap((answer, row) => {
      const rowLogits = logits.subarray(row * decoder.vocabularySize, (row + 1) * decoder.vocabularySize);
      const token = nextToken(rowLogits, answer, settings);
      if (settings.stopTokenIds.includes(token)) return [];
      answer.ids.push(token);
      return { prompt: answer.prompt, token };
    });
    const extended = new Set(tokens.map(({ prompt }) => prompt));
    const goesOn = (answer: Answer): boolean => extended.has(answer.prompt) && !isComplete(answer, settings);
    const staying = [...open.keys()].filter((row) => goesOn(open[row] as Answer));
    const ended = open.filter((_, row) => !staying.includes(row)).map(({ prompt }) => prompt);
    if (ended.length > 0 && staying.length > 0) cache.keep(staying);
    open = staying.map((row) => open[row] as DrawnAnswer);
    if (keyTurns(decoder, open).every((turns, index) => turns === turned[index])) {
      input = tokenInput(open);
    } else {
      cache = new KeyValueCache(decoder, open.length);
      input = wholeInput(open, settings.padTokenId);
    }
    yield { tokens, ended };
  }
}

/** How all keys of these rows have to be turned, as far as they follow the longest row. */
function keyTurns({ rotaryEmbeddings }: Decoder, rows: readonly Answer[]): RotaryTurns[] {
  const longest = Math.max(...rows.map(({ promptIds, ids }) => promptIds.length + ids.length));
  return rotaryEmbeddings.filter(({ keysFollow }) => keysFollow).map(({ turns }) => turns(longest));
}

function isComplete({ prompt, ids }: Answer, { maxNewTokens, endsAnswer }: GenerationSettings): boolean {
  return ids.length >= maxNewTokens || endsAnswer?.(prompt, ids) === true;
}

function nextToken(
  logits: Float32Array,
  { prompt, promptIds, ids, random }: DrawnAnswer,
  { sampling, repetitionPenalty = 1 }: GenerationSettings,
): number {
  const scores = repetitionPenalty === 1 ? logits : penalised(logits, [...promptIds, ...ids], repetitionPenalty);
  const likeliest = likeliestToken(scores);
  if (!Number.isFinite(scores[likeliest])) {
    throw new Error(`prompt ${prompt}: the model's logits are not finite after ${ids.length} new tokens`);
  }
  return sampling === undefined ? likeliest : drawToken(candidates(scores, sampling), random());
}
