/** The table of commands as a commander program: reads a command line and calls the one command that it names. */
import { Command as Program, Argument, Option } from 'commander';
import { version } from '../installation.js';
import { UsageError } from '../usage-error.js';
import type { Command, Given, Parameters } from './command.js';
import { flagOf } from './command.js';
import type { OutputStreams } from './output.js';
import type { Parameter } from './parameters.js';

/** What every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly state?: string;
  readonly json?: boolean;
}

export const globalOptions: readonly (readonly [string, string])[] = [
  ['--json', 'print JSON: the shapes of the OpenAPI document, one object a line where they come one by one'],
  ['--url <URL>', "the API's address (FEDAMOLE_API_URL; the cluster that runs on this machine)"],
  ['--key <KEY>', "an API key (FEDAMOLE_API_KEY; that cluster's own)"],
  ['--state <DIR>', "that cluster's state folder (FEDAMOLE_STATE; .fedamole/quickstart of this repository)"],
];

export type Dispatch = (command: Command, given: Given, options: GlobalOptions) => Promise<void>;

export function programOf(
  commands: readonly Command[],
  groups: Readonly<Record<string, string>>,
  streams: OutputStreams,
  dispatch: Dispatch,
): Program {
  const program = new Program('fedamole')
    .description('Personalised federated fine-tuning of language models, from the command line.')
    .version(version, '--version', 'show the version')
    .helpCommand('help [command]', 'help on a command');
  for (const [flags, description] of globalOptions) program.option(flags, description);
  program.addHelpText('after', '\nExit status: 0 done, 1 failed, 2 usage, 3 not found, 4 refused, 5 unreachable.');
  const nodes = new Map([['', configured(program, streams)]]);
  for (const command of commands) {
    const node = nodeOf(command.words, nodes, groups, streams);
    describe(node, command);
    node.action(async () => {
      await dispatch(command, readGiven(command, node), node.optsWithGlobals());
    });
  }
  return program;
}

/** Errors are thrown, and nothing ends the process. */
function configured(node: Program, { out, error }: OutputStreams): Program {
  return node
    .exitOverride()
    .configureHelp({ showGlobalOptions: node.parent !== null })
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => error.write(text), outputError() {} });
}

/** The program of a command's words; those of the groups above it are made where they are missing. */
function nodeOf(
  words: string,
  nodes: Map<string, Program>,
  groups: Readonly<Record<string, string>>,
  streams: OutputStreams,
): Program {
  const known = nodes.get(words);
  if (known !== undefined) return known;
  const end = words.lastIndexOf(' ');
  const parent = nodeOf(end < 0 ? '' : words.slice(0, end), nodes, groups, streams);
  const node = parent.command(words.slice(end + 1)).description(groups[words] ?? '');
  nodes.set(words, configured(node, streams));
  return node;
}

function describe(node: Program, { summary, positional, options, examples }: Command): void {
  node.description(summary);
  for (const [name, parameter] of Object.entries(positional)) {
    node.addArgument(new Argument(parameter.required ? `<${name}>` : `[${name}]`, describedBy(parameter)));
  }
  for (const [name, parameter] of Object.entries(options)) {
    const { placeholder, required, repeated } = parameter;
    const flags = placeholder === null ? flagOf(name) : `${flagOf(name)} <${placeholder}>`;
    const option = new Option(flags, describedBy(parameter)).makeOptionMandatory(required);
    if (repeated) option.argParser((text: string, before: readonly string[] = []) => [...before, text]);
    node.addOption(option);
  }
  if (examples.length === 0) return;
  const lines = examples.map(([line, what]) => `  fedamole ${line}\n      ${what}`);
  node.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

export const describedBy = ({ description, choices, repeated }: Parameter<unknown>): string =>
  [description, ...(choices ? [`one of ${choices.join(', ')}`] : []), ...(repeated ? ['may be repeated'] : [])].join(
    '; ',
  );

/** Every parameter's value; an undefined where it was not given, false for a switch, no values for a repeated option. */
function readGiven({ positional, options }: Command, node: Program): Given {
  const texts = Object.fromEntries(Object.keys(positional).map((name, index) => [name, node.args[index]]));
  return {
    positional: valuesOf(positional, texts, (name) => name),
    options: valuesOf(options, node.opts(), flagOf),
  };
}

function valuesOf(
  parameters: Parameters,
  texts: Readonly<Record<string, unknown>>,
  nameOf: (name: string) => string,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(parameters).map(([name, { placeholder, repeated, parse }]) => {
    const given = texts[name];
    const read = (text: unknown): unknown => {
      try {
        return parse(String(text));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new UsageError(`${nameOf(name)} is "${String(text)}": ${error.message}`);
      }
    };
    if (placeholder === null) return [name, given === true];
    if (repeated) return [name, ((given ?? []) as string[]).map(read)];
    return [name, given === undefined ? undefined : read(given)];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}
