/** The platform's own command line, as an operator types it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

export class CommandLine {
  constructor(
    private readonly root: string,
    private readonly url: string,
    private readonly key: string,
  ) {}

  /** What a command says with --json. Throws with its standard error where it fails. */
  async json<Answer>(args: readonly string[], input = ''): Promise<Answer> {
    const { status, out, error } = await this.start([...args, '--json'], input);
    if (status !== 0) throw new Error(`fedamole ${args.join(' ')} ended with status ${status}: ${error.trim()}`);
    return JSON.parse(out) as Answer;
  }

  private async start(args: readonly string[], input: string) {
    const program = join(this.root, 'apps', 'cli', 'bin', 'fedamole.mjs');
    const child = spawn(process.execPath, [program, ...args, '--url', this.url], {
      env: { ...process.env, FEDAMOLE_API_KEY: this.key },
    });
    child.stdin.end(input);
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
    const [status, out, error] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    return { status, out, error };
  }
}
