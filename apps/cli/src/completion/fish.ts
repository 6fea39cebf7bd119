/** Completion for fish. */
import type { CompletedNode, CompletedOption, CompletedValue } from './completion-table.js';

export function fishCompletion(table: readonly CompletedNode[]): string {
  const groups = table.filter(({ next }) => next.length > 0).map(({ words }) => quoted(words));
  return `# fish completion of fedamole
function __fedamole_at
    set -l place ''
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; and break
        contains -- "$place" ${groups.join(' ')}; or break
        set place (string trim -- "$place $word")
    end
    test "$place" = "$argv[1]"
end
complete -c fedamole -f
${table.flatMap(linesOf).join('\n')}`;
}

function linesOf({ words, next, options, positional }: CompletedNode): string[] {
  const at = `complete -c fedamole -n ${quoted(`__fedamole_at ${quoted(words)}`)}`;
  return [
    ...next.map(({ word, description }) => `${at} -a ${quoted(word)} -d ${quoted(description)}`),
    ...positional.flatMap((value) =>
      value.files === null && value.choices.length === 0 ? [] : [`${at}${takes(value)}`],
    ),
    ...options.map((option) => at + optionOf(option)),
  ];
}

const optionOf = ({ flag, description, value }: CompletedOption): string =>
  ` -l ${flag.slice(2)} -d ${quoted(description)}${value === null ? '' : ` -r${takes(value)}`}`;

function takes({ choices, files }: CompletedValue): string {
  if (files !== null) return files === 'folders' ? " -a '(__fish_complete_directories)'" : ' -F';
  return choices.length > 0 ? ` -a ${quoted(choices.join(' '))}` : '';
}

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
