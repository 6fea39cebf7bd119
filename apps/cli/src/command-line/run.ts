/** One command line from its words to its exit status. */
import { Cluster } from '@fedamole/cluster';
import { CommanderError } from 'commander';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { commandGroups, commands } from '../commands/index.js';
import { defaultStateFolder } from '../installation.js';
import { connect } from './connection.js';
import type { Context } from './context.js';
import { exitStatus, failureOf } from './exit-status.js';
import type { OutputStreams } from './output.js';
import { Output } from './output.js';
import type { GlobalOptions } from './program.js';
import { programOf } from './program.js';

export interface Surroundings {
  readonly streams: OutputStreams & { readonly in: Readable };
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Never throws. Once the signal is aborted, the status says nothing: what aborted it decides. */
export async function run(argv: readonly string[], surroundings: Surroundings): Promise<number> {
  const { streams, environment, signal } = surroundings;
  let output = new Output(streams, argv.includes('--json'), environment);
  const program = programOf(commands, commandGroups, streams, async (command, given, options) => {
    output = new Output(streams, options.json === true, environment);
    await command.run(contextOf(output, options, surroundings), given);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitStatus.done;
  } catch (error) {
    if (signal.aborted) return exitStatus.failed;
    if (error instanceof CommanderError) return statusOfWrongLine(error, output);
    const failure = failureOf(error);
    output.failure(failure);
    return failure.status;
  }
}

/** Help that was asked for is no error; help that is shown because words are missing is. */
function statusOfWrongLine({ code, message }: CommanderError, output: Output): number {
  if (code === 'commander.helpDisplayed' || code === 'commander.version') return exitStatus.done;
  if (code !== 'commander.help') {
    const advice = 'Add --help to see what is accepted.';
    output.failure({
      status: exitStatus.usage,
      code: 'USAGE',
      message: `${message.replace(/^error: /, '')}\n${advice}`,
    });
  }
  return exitStatus.usage;
}

function contextOf(output: Output, options: GlobalOptions, { streams, environment, signal }: Surroundings): Context {
  const stateFolder = resolve(options.state ?? environment['FEDAMOLE_STATE'] ?? defaultStateFolder);
  return {
    output,
    signal,
    stateFolder,
    cluster: () => Cluster.running(stateFolder),
    api: () => connect(options, environment, stateFolder, signal),
    async readInput() {
      const chunks: Buffer[] = [];
      for await (const chunk of streams.in) chunks.push(Buffer.from(chunk as Uint8Array));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
