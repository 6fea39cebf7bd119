/** Completion for bash 3.2 and later: without the package bash-completion. */
import type { CompletedNode, CompletedValue } from './completion-table.js';

export function bashCompletion(table: readonly CompletedNode[]): string {
  const nodes = table.filter(({ next }) => next.length > 0).map(({ words }) => quoted(words));
  const offers = table.map((node) => `    ${quoted(node.words)}) words=${quoted(offersOf(node))} ;;`);
  const values = table.flatMap(({ words, options }) =>
    options.flatMap(({ flag, value }) => (value === null ? [] : [valueCase(`${words} ${flag}`, value)])),
  );
  return `# bash completion of fedamole
_fedamole() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" place="" word index words=""
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in -*) break ;; esac
    case "$place" in
      ${nodes.join('|')}) place="\${place:+$place }$word" ;;
      *) break ;;
    esac
  done
  case "$place $previous" in
${values.join('\n')}
  esac
  case "$place" in
${offers.join('\n')}
  esac
  case "$current" in
    -*) ;;
    *) case "$words" in *@files*) COMPREPLY=($(compgen -f -- "$current")); return ;; esac ;;
  esac
  COMPREPLY=($(compgen -W "\${words//@files/}" -- "$current"))
}
complete -o filenames -F _fedamole fedamole`;
}

/** Words and options; \`@files\` where paths are taken. */
function offersOf({ next, options, positional }: CompletedNode): string {
  const paths = positional.some(({ files }) => files !== null) ? ['@files'] : [];
  const choices = positional.flatMap((value) => value.choices);
  return [...next.map(({ word }) => word), ...choices, ...options.map(({ flag }) => flag), ...paths].join(' ');
}

function valueCase(words: string, { choices, files }: CompletedValue): string {
  const kind = files === 'folders' ? '-d' : '-f';
  const reply = files === null ? `-W ${quoted(choices.join(' '))}` : kind;
  return `    ${quoted(words)}) COMPREPLY=($(compgen ${reply} -- "$current")); return ;;`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
