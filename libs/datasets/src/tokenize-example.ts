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
  const promptLength = promptIds.length;
  if (promptLength >= maxLength) return null;
  const answer = tokenizer.encode(example.output, { withSpecialTokens: false }).slice(0, maxLength - 1 - promptLength);
  return { promptIds, ids: [...promptIds, ...answer, tokenizer.eosTokenId], promptLength };
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
