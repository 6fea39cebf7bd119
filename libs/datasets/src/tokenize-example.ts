import { alpacaPrompt } from './alpaca-prompt.js';
import type { Example } from './example.js';
import type { Tokenizer } from './tokenizer.js';

export interface TokenizedExample {
  /** The whole prompt, with what the tokenizer puts before a text. */
  readonly promptIds: readonly number[];
  /** Prompt, answer and EOS, at most `maxLength` ids; the last is always EOS. */
  readonly ids: readonly number[];
  /** The first ids, which are no targets: `promptIds.length`. */
  readonly promptLength: number;
}

/**
 * Prompt and answer as token ids. What exceeds `maxLength` is cut off the answer's end, before EOS.
 *
 * @returns null where the prompt alone fills `maxLength`: the example is dropped
 */
export function tokenizeExample(tokenizer: Tokenizer, example: Example, maxLength: number): TokenizedExample | null {
  const promptIds = tokenizer.encode(alpacaPrompt(example), { withSpecialTokens: true });
  if (promptIds.length >= maxLength) return null;
  return answered(tokenizer, promptIds, example.output, maxLength);
}

export interface TokenizedChoices {
  /** The prompt with each of the choices in place of the answer. */
  readonly sequences: readonly TokenizedExample[];
  /** Which of them is the answer. */
  readonly answer: number;
}

/** A tokenised example's prompt with each of its choices, as `tokenizeExample` puts the answer behind it; null without choices. */
export function tokenizeChoices(
  tokenizer: Tokenizer,
  { promptIds, choices, output }: Pick<Example, 'choices' | 'output'> & Pick<TokenizedExample, 'promptIds'>,
  maxLength: number,
): TokenizedChoices | null {
  if (choices === undefined) return null;
  const sequences = choices.map((choice) => answered(tokenizer, promptIds, choice, maxLength));
  return { sequences, answer: choices.indexOf(output) };
}

function answered(
  tokenizer: Tokenizer,
  promptIds: readonly number[],
  answer: string,
  maxLength: number,
): TokenizedExample {
  const promptLength = promptIds.length;
  const answerIds = tokenizer.encode(answer, { withSpecialTokens: false }).slice(0, maxLength - 1 - promptLength);
  return { promptIds, ids: [...promptIds, ...answerIds, tokenizer.eosTokenId], promptLength };
}

/**
 * The prompt that an answer of up to `maxNewTokens` is generated from: prompt and answer together stay within
 * `maxLength`. Of a longer prompt the beginning is cut off, behind the tokenizer's prefix, so that every test example is
 * measured and the prompt still ends where the answer begins.
 *
 * @throws RangeError where the answer alone would leave no room for a prompt
 */
export function generationPrompt(
  tokenizer: Pick<Tokenizer, 'prefixIds'>,
  promptIds: readonly number[],
  maxLength: number,
  maxNewTokens: number,
): number[] {
  const room = maxLength - maxNewTokens;
  const prefixLength = tokenizer.prefixIds.length;
  if (room <= prefixLength) {
    throw new RangeError(
      `generationPrompt: ${maxNewTokens} new tokens leave ${room} of ${maxLength} positions, too few for a prompt`,
    );
  }
  if (promptIds.length <= room) return [...promptIds];
  return [...promptIds.slice(0, prefixLength), ...promptIds.slice(promptIds.length - room + prefixLength)];
}
