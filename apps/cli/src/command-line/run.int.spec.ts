import { describe, expect, it } from '@jest/globals';
import { commandGroups, commands } from '../commands/index.js';
import { fedamole } from '../terminal.fixture.js';

const stateFolder = '/nonexistent/fedamole';
const run = (...argv: string[]) => fedamole(argv, { stateFolder });

describe('a command line', () => {
  it('is helped with: every command has a summary in the help of its group', async () => {
    const words = new Set(['', ...Object.keys(commandGroups)]);
    for (const group of words) {
      const { status, out } = await run(...group.split(' ').filter((word) => word !== ''), '--help');
      expect(status).toBe(0);
      const below = commands.filter(
        (command) => command.words.slice(0, Math.max(0, command.words.lastIndexOf(' '))) === group,
      );
      for (const { words: line } of below) expect(out).toContain(`  ${line.split(' ').at(-1)}`);
    }
  });

  it('tells its version', async () => {
    expect(await run('--version')).toMatchObject({ status: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('finds its examples in the help, each of a command that there is', async () => {
    for (const { words, examples } of commands) {
      const { out } = await run(...words.split(' '), '--help');
      for (const [line, what] of examples) {
        expect(line.startsWith(words)).toBe(true);
        expect(out).toContain(`fedamole ${line}\n      ${what}`);
      }
    }
  });

  it.each([
    [['stat'], /unknown command 'stat'\n\(Did you mean status\?\)/],
    [['federations', 'create'], /missing required argument 'file'/],
    [['federations', 'retry', 'a', 'b'], /required option '--round <N>' not specified/],
    [['rounds', '--round', 'first'], /--round is "first": expected a whole number from 0 to 10000/],
    [['keys', 'create', 'root'], /scope is "root": expected one of operator, viewer, site/],
    [['status', '--url', 'nowhere'], /address is "nowhere": expected one such as http/],
    [['verify', '--position', '3'], /--position and --hash go together/],
    [['federations', 'create', '/nonexistent.yaml'], /nonexistent.yaml: cannot be read \(ENOENT\)/],
    [['federations'], /Usage: fedamole federations/],
  ])('that is wrong ends with status 2 and says how: %j', async (argv, message) => {
    const { status, out, error } = await run(...argv);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(error).toMatch(message);
  });

  it('ends with status 5 where nothing runs, and says how to start it', async () => {
    const { status, error } = await run('federations', 'list');
    expect(status).toBe(5);
    expect(error).toContain(`No platform runs on ${stateFolder}: start one with "fedamole up"`);
  });

  it('ends with status 5 where nobody answers at the address', async () => {
    const { status, error } = await run('models', 'list', '--url', 'http://127.0.0.1:9', '--json');
    expect(status).toBe(5);
    expect(JSON.parse(error)).toMatchObject({ error: { code: 'UNREACHABLE' } });
  });

  it.each([
    ['baseModel: [', /standard input: .*line/s],
    ['- a', /expected fields and their values/],
  ])('takes no file that is no mapping: %s', async (input, message) => {
    const { status, error } = await fedamole(['federations', 'create', '-'], { stateFolder, input });
    expect(status).toBe(2);
    expect(error).toMatch(message);
  });
});
