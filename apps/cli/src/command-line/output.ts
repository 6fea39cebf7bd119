/** Where a command's words go: its result to standard output, as text or as JSON; everything else to standard error. */
import type { Writable } from 'node:stream';
import type { Failure } from './exit-status.js';

export interface OutputStreams {
  readonly out: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly error: Writable & { readonly isTTY?: boolean };
}

export class Output {
  /** Whether escape sequences are understood where the result goes. */
  readonly colours: boolean;
  /** Characters that a line of the result may have. */
  readonly columns: number;

  constructor(
    readonly streams: OutputStreams,
    readonly json: boolean,
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.colours = streams.out.isTTY === true && !environment['NO_COLOR'];
    this.columns = streams.out.columns ?? 120;
  }

  /** The result, once: `value` in JSON or `text`. */
  result(value: unknown, text: () => string): void {
    this.line(this.json ? JSON.stringify(value, null, 2) : text());
  }

  /** One of the results that come one after another: each a line. Null: nothing to show for people. */
  item(value: unknown, text: () => string | null): void {
    const line = this.json ? JSON.stringify(value) : text();
    if (line !== null) this.line(line);
  }

  /** A part of a line, as it comes. */
  piece(text: string): void {
    this.streams.out.write(text);
  }

  /** What goes on meanwhile; no part of the result. */
  note(text: string): void {
    this.streams.error.write(`${text}\n`);
  }

  failure({ code, message, errors }: Failure): void {
    const error = { code, message, ...(errors === undefined ? {} : { errors }) };
    this.note(this.json ? JSON.stringify({ error }) : message);
  }

  private line(text: string): void {
    if (text !== '') this.streams.out.write(`${text}\n`);
  }
}
