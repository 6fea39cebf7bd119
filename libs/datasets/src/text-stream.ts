/** Text out of tokens as they come. */
import type { Tokenizer } from './tokenizer.js';

/** What a decoder puts in the place of bytes that are no whole character. */
const REPLACEMENT = '\ufffd';

/**
 * Decodes one answer token by token. A character may take several tokens: its text comes with the last of them, so that the pieces
 * put together are the text of all tokens.
 */
export class TextStream {
  private readonly ids: number[] = [];
  /** Where decoding starts: before the newest tokens whose text was given, for a token's text may depend on the one before. */
  private context = 0;
  private given = 0;

  constructor(private readonly tokenizer: Pick<Tokenizer, 'decode'>) {}

  /** The text that this token completes; empty in the middle of a character. */
  push(token: number): string {
    this.ids.push(token);
    const text = this.pending();
    return text.endsWith(REPLACEMENT) ? '' : this.give(text);
  }

  /** What is left when no more tokens come: bytes that are no whole character, as the tokenizer shows them. */
  end(): string {
    return this.give(this.pending());
  }

  private pending(): string {
    const before = this.tokenizer.decode(this.ids.slice(this.context, this.given));
    return this.tokenizer.decode(this.ids.slice(this.context)).slice(before.length);
  }

  private give(text: string): string {
    this.context = this.given;
    this.given = this.ids.length;
    return text;
  }
}
