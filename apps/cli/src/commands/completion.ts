/** `fedamole completion`: what a shell has to know to complete command lines. */
import { command, type Command } from '../command-line/command.js';
import { bashCompletion } from '../completion/bash.js';
import { completionTable } from '../completion/completion-table.js';
import { fishCompletion } from '../completion/fish.js';
import { zshCompletion } from '../completion/zsh.js';
import { oneOf, required } from '../command-line/parameters.js';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const completion: readonly Command[] = [
  command({
    words: 'completion',
    summary: 'Print a script that makes a shell complete commands, options and their values.',
    positional: { shell: required(oneOf('shell', ['bash', 'zsh', 'fish'], 'for that shell')) },
    examples: [
      ['completion bash > ~/.local/share/bash-completion/completions/fedamole', 'for bash'],
      ['completion zsh > "${fpath[1]}/_fedamole"', 'for zsh'],
      ['completion fish > ~/.config/fish/completions/fedamole.fish', 'for fish'],
    ],
    async run({ output }, { shell }) {
      // the table holds this very command
      const { commands, commandGroups } = await import('./index.js');
      const script = scripts[shell](completionTable(commands, commandGroups));
      output.result({ shell, script }, () => script);
    },
  }),
];
