/** What can follow what on a command line, from the table of commands: the same for every shell. */
import type { Command } from '../command-line/command.js';
import { flagOf } from '../command-line/command.js';
import type { Parameter } from '../command-line/parameters.js';
import { globalOptions } from '../command-line/program.js';

export interface CompletedOption {
  readonly flag: string;
  readonly description: string;
  /** Null where it takes no value. */
  readonly value: CompletedValue | null;
}

export interface CompletedValue {
  readonly choices: readonly string[];
  readonly files: Parameter<unknown>['completes'];
}

/** One sequence of words and what may follow it; the empty one is `fedamole` itself. */
export interface CompletedNode {
  readonly words: string;
  readonly next: readonly { readonly word: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
  readonly positional: readonly CompletedValue[];
}

export function completionTable(
  commands: readonly Command[],
  groups: Readonly<Record<string, string>>,
): readonly CompletedNode[] {
  const described = { ...groups, ...Object.fromEntries(commands.map(({ words, summary }) => [words, summary])) };
  const everywhere = globalOptions.map(([flags, description]): CompletedOption => {
    const [flag = '', placeholder] = flags.split(' ');
    const files = placeholder === '<DIR>' ? 'folders' : null;
    return { flag, description, value: placeholder === undefined ? null : { choices: [], files } };
  });
  const help: CompletedOption = { flag: '--help', description: 'help on the command', value: null };
  return ['', ...Object.keys(described)].map((words) => {
    const command = commands.find((candidate) => candidate.words === words);
    const next = Object.entries(described).filter(([longer]) => parentOf(longer) === words);
    return {
      words,
      next: next.map(([longer, description]) => ({ word: longer.slice(longer.lastIndexOf(' ') + 1), description })),
      options: [...Object.entries(command?.options ?? {}).map(completedOption), ...everywhere, help],
      positional: Object.values(command?.positional ?? {}).map(completedValue),
    };
  });
}

const parentOf = (words: string): string => words.slice(0, Math.max(0, words.lastIndexOf(' ')));

const completedOption = ([name, parameter]: [string, Parameter<unknown>]): CompletedOption => ({
  flag: flagOf(name),
  description: parameter.description,
  value: parameter.placeholder === null ? null : completedValue(parameter),
});

const completedValue = ({ choices, completes }: Parameter<unknown>): CompletedValue => ({
  choices: choices ?? [],
  files: completes,
});
