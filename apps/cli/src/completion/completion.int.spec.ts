import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandGroups, commands } from '../commands/index.js';
import { bashCompletion } from './bash.js';
import { completionTable } from './completion-table.js';
import { fishCompletion } from './fish.js';
import { zshCompletion } from './zsh.js';

const table = completionTable(commands, commandGroups);

/** What bash offers for the last of the words. */
function offered(words: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'completion-'));
  try {
    writeFileSync(join(folder, 'federation.yaml'), '');
    const script = `${bashCompletion(table)}
cd "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fedamole; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const output = execFileSync('bash', ['-c', script, 'bash', folder, 'fedamole', ...words], { encoding: 'utf8' });
    return output.split('\n').filter((line) => line !== '');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('completion in bash', () => {
  it.each([
    [['fed'], ['federations']],
    [['federations', 'ca'], ['cancel']],
    [
      ['federations', 'list', '--sta'],
      ['--status', '--state'],
    ],
    [['federations', 'list', '--status', 'comp'], ['completed']],
    [['federations', 'create', 'fed'], ['federation.yaml']],
    [['keys', 'create', 's'], ['site']],
    [['--js'], ['--json']],
    [['completion', 'z'], ['zsh']],
  ])('offers what can follow: %j', (words, expected) => {
    expect(offered(words)).toEqual(expected);
  });

  it('offers every command at the beginning', () => {
    const first = new Set(commands.map(({ words }) => words.split(' ')[0]));
    expect(offered([''])).toEqual(expect.arrayContaining([...first]));
  });

  it('offers no commands behind one that takes none', () => {
    expect(offered(['rounds', ''])).not.toContain('federations');
  });
});

describe.each([
  ['zsh', zshCompletion, (flag: string) => flag],
  ['fish', fishCompletion, (flag: string) => `-l ${flag.slice(2)}`],
])('completion in %s', (_, script, written) => {
  it('knows every option and every command word', () => {
    const text = script(table);
    for (const { next, options } of table) {
      for (const { word } of next) expect(text).toContain(`'${word}`);
      for (const { flag } of options) expect(text).toContain(written(flag));
    }
  });
});
