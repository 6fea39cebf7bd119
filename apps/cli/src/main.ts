/** `fedamole`: the command line. */
import { run } from './command-line/run.js';

/** 128 and the signal's number, as a shell has it. */
const signals = { SIGINT: 130, SIGHUP: 129, SIGTERM: 143 } as const;

export async function main(argv: readonly string[]): Promise<void> {
  const stop = new AbortController();
  let stopped: number | null = null;
  for (const [signal, status] of Object.entries(signals)) {
    process.on(signal, () => {
      stopped ??= status;
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  // whoever reads the output may have seen enough, as head does
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  const streams = { in: process.stdin, out: process.stdout, error: process.stderr };
  const status = await run(argv, { streams, environment: process.env, signal: stop.signal });
  process.exitCode = stopped ?? status;
}
