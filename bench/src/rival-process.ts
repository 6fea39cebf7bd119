/** A rival: a process that answers lines of JSON with lines of JSON. The first it is sent are its settings. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { BenchmarkError } from './benchmark-error.js';

const turn = z.object({ seconds: z.number().positive(), tokens: z.number().min(0), peakBytes: z.number().min(0) });
/** What a turn took, and the most memory that the process held so far: 0 where the system does not say. */
export type Turn = z.infer<typeof turn>;

export interface RivalCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** What it prints, other than its answers, goes here. */
  readonly log: string;
  /** Longest wait for one answer: compiling may take minutes. */
  readonly patienceSeconds: number;
}

export class RivalProcess {
  private readonly lines: AsyncIterator<string>;
  private readonly ended: Promise<void>;
  private lastWords = '';

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly rival: RivalCommand,
  ) {
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      appendFileSync(rival.log, text);
      this.lastWords = text.trim() === '' ? this.lastWords : text;
    });
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    // a process that ended answers nothing any more: `ask` says so
    child.stdin.on('error', () => undefined);
  }

  /** Resolves once the rival is ready. Throws a BenchmarkError with the end of its log where it is not. */
  static async start(rival: RivalCommand, settings: unknown): Promise<RivalProcess> {
    mkdirSync(dirname(rival.log), { recursive: true });
    writeFileSync(rival.log, '');
    const child = spawn(rival.command, rival.args, { env: { ...process.env, ...rival.environment } });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => reject(new BenchmarkError(`${rival.command} cannot be run: ${error.message}`)));
    });
    const started = new RivalProcess(child, rival);
    await started.ask(settings);
    return started;
  }

  async turn(): Promise<Turn> {
    return turn.parse(await this.ask({}));
  }

  /** Ends the process; a rival ends with its standard input. */
  async close(): Promise<void> {
    this.child.stdin.end();
    await this.ended;
  }

  private async ask(request: unknown): Promise<unknown> {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
    const { patienceSeconds, log } = this.rival;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.child.kill('SIGKILL');
    }, patienceSeconds * 1000);
    const answer = await this.lines.next();
    clearTimeout(timer);
    if (late) throw new BenchmarkError(`no answer within ${patienceSeconds} s`);
    if (answer.done !== true) return JSON.parse(answer.value);
    await this.ended;
    throw new BenchmarkError(`it ended: ${this.lastWords.trim().split('\n').at(-1)} (all of it: ${log})`);
  }
}
