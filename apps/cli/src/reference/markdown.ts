/** The reference of the command line as Markdown, from the table of commands. */
import type { Command, Parameters } from '../command-line/command.js';
import { flagOf } from '../command-line/command.js';
import { exitStatus, exitStatusMeanings } from '../command-line/exit-status.js';
import { describedBy, globalOptions } from '../command-line/program.js';

const head = `# The command line

\`npx fedamole\` in this repository, once it is compiled (\`npm run build\`); \`npm run fedamole -- <command>\` compiles
first. \`fedamole <command> --help\` says the same as this page, which is written by \`npm run openapi\`.

Commands talk to the platform that runs on this machine, with its own key: \`fedamole up\` or
\`npm run quickstart -- --keep\` start one. Any other is named by its address and a key. A federation is named by its
identifier, or by its name where only one has it. Results go to standard output, everything else to standard error.`;

const fileHead = `## A federation's file

YAML or JSON, described by [federation.schema.json](../apps/cli/federation.schema.json); editors check it where its first
line is \`# yaml-language-server: $schema=<path of the schema>\`. What is left out of the configuration gets its default.

\`\`\`yaml
name: streets
baseModel: model
clients: [parcel-streets, hotel-questions, bank-requests]
configuration:
  rounds: 3
  stepsPerRound: 20
  batchSize: 4
  learningRate: 0.005
  maxNewTokens: 32
\`\`\``;

export function referenceOf(commands: readonly Command[]): string {
  const statuses = (Object.keys(exitStatus) as (keyof typeof exitStatus)[]).map(
    (name) => `| ${exitStatus[name]} | ${exitStatusMeanings[name]} |`,
  );
  const everywhere = globalOptions.map(([flags, description]) => `| \`${flags}\` | ${cell(description)} |`);
  return `${[
    head,
    `## Every command takes\n\n| option | meaning |\n| --- | --- |\n${everywhere.join('\n')}`,
    `## Exit status\n\n| status | meaning |\n| --- | --- |\n${statuses.join('\n')}\n\n128 and the signal's number where a signal ended it: 130 after Ctrl-C. With \`--json\`, an error is \`{"error": {"code", "message", "errors"}}\` on standard error.`,
    fileHead,
    '## Commands',
    ...commands.map(sectionOf),
  ].join('\n\n')}\n`;
}

function sectionOf({ words, summary, positional, options, examples }: Command): string {
  const names = Object.entries(positional).map(([name, { required }]) => (required ? ` <${name}>` : ` [${name}]`));
  const rows = [
    ...parameterRows(positional, (name) => name),
    ...parameterRows(
      options,
      (name, placeholder) => `${flagOf(name)}${placeholder === null ? '' : ` <${placeholder}>`}`,
    ),
  ];
  const lines = examples.map(([line, what]) => `# ${what}\nfedamole ${line}`);
  return [
    `### \`fedamole ${words}${names.join('')}\``,
    summary,
    ...(rows.length === 0 ? [] : [`| parameter | meaning |\n| --- | --- |\n${rows.join('\n')}`]),
    ...(lines.length === 0 ? [] : [`\`\`\`sh\n${lines.join('\n')}\n\`\`\``]),
  ].join('\n\n');
}

const parameterRows = (parameters: Parameters, named: (name: string, placeholder: string | null) => string): string[] =>
  Object.entries(parameters).map(
    ([name, parameter]) =>
      `| \`${named(name, parameter.placeholder)}\` | ${cell(describedBy(parameter))}${parameter.required ? ' (required)' : ''} |`,
  );

const cell = (text: string): string => text.replaceAll('|', '\\|');
