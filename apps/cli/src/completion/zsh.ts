/** Completion for zsh: a file `_fedamole` in a folder of its `fpath`. */
import type { CompletedNode, CompletedOption, CompletedValue } from './completion-table.js';

export function zshCompletion(table: readonly CompletedNode[]): string {
  const groups = table.filter(({ next }) => next.length > 0).map(({ words }) => quoted(words));
  return `#compdef fedamole
# zsh completion of fedamole
_fedamole() {
  local place="" word
  local -i taken=1
  while (( taken < CURRENT - 1 )); do
    word="\${words[taken+1]}"
    [[ "$word" == -* ]] && break
    case "$place" in
      ${groups.join('|')}) place="\${place:+$place }$word" ;;
      *) break ;;
    esac
    (( taken++ ))
  done
  words=("\${(@)words[taken,-1]}")
  (( CURRENT -= taken - 1 ))
  local -a offered
  case "$place" in
${table.map(nodeCase).join('\n')}
  esac
}
# loaded by name it is what completes; read by a shell it is registered
if [[ "$funcstack[1]" == "_fedamole" ]]; then _fedamole "$@"; else compdef _fedamole fedamole; fi`;
}

function nodeCase({ words, next, options, positional }: CompletedNode): string {
  const specifications = [
    ...options.map(optionSpecification),
    ...positional.map((value, index) => quoted(`${index + 1}::value:${actionOf(value)}`)),
  ].join(' ');
  if (next.length === 0) return `    ${quoted(words)}) _arguments ${specifications} ;;`;
  const offered = next.map(({ word, description }) => quoted(`${word}:${description}`)).join(' ');
  return `    ${quoted(words)}) offered=(${offered}); _describe command offered; _arguments ${specifications} ;;`;
}

function optionSpecification({ flag, description, value }: CompletedOption): string {
  const shown = description.replace(/[\\[\]:]/g, (character) => `\\${character}`);
  return quoted(`*${flag}[${shown}]${value === null ? '' : `:value:${actionOf(value)}`}`);
}

function actionOf({ choices, files }: CompletedValue): string {
  if (files !== null) return files === 'folders' ? '_files -/' : '_files';
  return choices.length > 0 ? `(${choices.join(' ')})` : ' ';
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
