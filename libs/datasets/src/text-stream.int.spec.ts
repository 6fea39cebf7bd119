import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { stopsAtTexts, textBefore } from './stop-texts.js';
import { TextStream } from './text-stream.js';
import { loadTokenizer } from './tokenizer.js';
import type { Tokenizer } from './tokenizer.js';

const model = fileURLToPath(new URL('../../../examples/quickstart/model', import.meta.url));
let tokenizer: Tokenizer;
beforeAll(async () => {
  tokenizer = await loadTokenizer(model);
});
const encode = (text: string): number[] => tokenizer.encode(text, { withSpecialTokens: false });

/** What comes with each token, and at the end. */
function pieces(ids: readonly number[]): string[] {
  const stream = new TextStream(tokenizer);
  return [...ids.map((id) => stream.push(id)), stream.end()];
}

describe('a text stream', () => {
  const text = 'Na\u00efve caf\u00e9 \u4f60\u597d \u{1f642}\u{1f469}\u200d\u{1f680}, "quoted" .  two  spaces\n\n\u00df';

  it('gives each character once it is whole, and all of the text', () => {
    const ids = encode(text);
    const given = pieces(ids);
    expect(given.join('')).toBe(text);
    expect(given.some((piece) => piece.includes('\ufffd'))).toBe(false);
    // a Chinese character and an emoji take several tokens of this vocabulary: nothing comes before the last of them
    expect(given.filter((piece) => piece === '').length).toBeGreaterThan(5);
    expect(given.at(-1)).toBe('');
  });

  it('gives what is left of an unfinished character at the end', () => {
    const ids = encode('ok \u{1f642}').slice(0, -1);
    const given = pieces(ids);
    expect(given.slice(0, -1).join('')).toBe('ok ');
    expect(given.join('')).toBe(tokenizer.decode(ids));
    expect(given.at(-1)).toContain('\ufffd');
  });

  it('goes on behind bytes that never become a character', () => {
    const broken = [...encode('a\u4f60').slice(0, -1), ...encode(' then more')];
    expect(pieces(broken).join('')).toBe(tokenizer.decode(broken));
  });

  it('passes over special tokens', () => {
    expect(pieces([1, ...encode('The end'), 2]).join('')).toBe('The end');
  });
});

describe('stop texts', () => {
  it('end an answer with the token that completes one of them', () => {
    const ids = encode('The answer is 42.\n\n### Instruction: go on');
    const stops = stopsAtTexts(tokenizer, ['###', '\u4f60']);
    const ended = ids.findIndex((_, index) => stops(0, ids.slice(0, index + 1)));
    const answer = tokenizer.decode(ids.slice(0, ended + 1));
    expect(answer).toContain('###');
    expect(tokenizer.decode(ids.slice(0, ended))).not.toContain('###');
    expect(textBefore(answer, ['\u4f60', '###'])).toBe('The answer is 42.\n\n');
  });

  it('are found however many tokens they take', () => {
    const long = '\u4f60\u597d\u{1f642}';
    const ids = encode(`before ${long}`);
    const stops = stopsAtTexts(tokenizer, [long]);
    expect(ids.map((_, index) => stops(0, ids.slice(0, index + 1))).indexOf(true)).toBe(ids.length - 1);
  });

  it('cut at the first of them, and nowhere where none occurs', () => {
    expect(textBefore('a b c', ['c', 'b'])).toBe('a ');
    expect(textBefore('a b c', ['d'])).toBe('a b c');
    expect(textBefore('a b c', [])).toBe('a b c');
  });

  it('refuse an empty text', () => {
    expect(() => stopsAtTexts(tokenizer, ['a', ''])).toThrow('stop text 1 is empty');
  });
});
