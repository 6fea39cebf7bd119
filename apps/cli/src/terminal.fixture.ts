/** Runs command lines as a shell does, and keeps what they print. */
import { Readable, Writable } from 'node:stream';
import { run } from './command-line/run.js';

export interface Finished {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

export interface TerminalSettings {
  readonly stateFolder: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly signal?: AbortSignal;
  /** Told of what is printed, as it is. */
  readonly onOutput?: (text: string) => void;
}

class Kept extends Writable {
  text = '';

  constructor(private readonly onOutput: (text: string) => void = () => undefined) {
    super();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    this.onOutput(chunk.toString());
    done();
  }
}

export async function fedamole(argv: readonly string[], settings: TerminalSettings): Promise<Finished> {
  const [out, error] = [new Kept(settings.onOutput), new Kept()];
  const status = await run(argv, {
    streams: { in: Readable.from([Buffer.from(settings.input ?? '')]), out, error },
    environment: { FEDAMOLE_STATE: settings.stateFolder, ...settings.environment },
    signal: settings.signal ?? new AbortController().signal,
  });
  return { status, out: out.text, error: error.text };
}
