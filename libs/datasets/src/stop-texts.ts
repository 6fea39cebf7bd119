/** Texts that end an answer, such as the beginning of the next question. */
import type { Tokenizer } from './tokenizer.js';

/** Bytes of UTF-8 that a UTF-16 code unit takes at most; no token that leaves a trace has fewer than one. */
const BYTES_PER_UNIT = 3;

/**
 * What `generate` asks after every token: whether the answer contains one of `texts` now. The token that completes it is part of the
 * answer; `textBefore` cuts it off.
 *
 * @throws RangeError for an empty text, which every answer contains
 */
export function stopsAtTexts(
  tokenizer: Pick<Tokenizer, 'decode'>,
  texts: readonly string[],
): (prompt: number, answer: readonly number[]) => boolean {
  const empty = texts.indexOf('');
  if (empty >= 0) throw new RangeError(`stop text ${empty} is empty`);
  // the newest token completes it, so it lies within the last tokens
  const tokens = BYTES_PER_UNIT * Math.max(0, ...texts.map(({ length }) => length)) + 1;
  return (_prompt, answer) => {
    const end = tokenizer.decode(answer.slice(-tokens));
    return texts.some((text) => end.includes(text));
  };
}

/** An answer's text up to the first of `texts` in it. */
export function textBefore(answer: string, texts: readonly string[]): string {
  const ends = texts.map((text) => answer.indexOf(text)).filter((place) => place >= 0);
  return answer.slice(0, Math.min(answer.length, ...ends));
}
