import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadExamples } from './load-examples.js';

describe('loading examples', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'datasets-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const file = async (name: string, content: string | Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const line = (instruction: string): string => JSON.stringify({ instruction, input: 'i', output: 'o' });

  it('reads a line each, an input where there is one, and line separators inside texts', async () => {
    const path = await file(
      'data.jsonl',
      '\ufeff{"instruction":"a","output":"o\u2028p","id":7}\r\n\n{"instruction":"b","input":" i ","output":"q"}',
    );
    expect(await loadExamples(path)).toEqual([
      { instruction: 'a', input: '', output: 'o\u2028p' },
      { instruction: 'b', input: ' i ', output: 'q' },
    ]);
  });

  it("reads a folder's files in the order of their names, passing over what is no data", async () => {
    await file('b.jsonl', line('second'));
    await file('a.jsonl', `${line('first')}\n`);
    await file('.hidden.jsonl', 'x');
    await file('README.md', 'x');
    await file('notes.json', 'x');
    await mkdir(join(folder, 'nested'));
    expect((await loadExamples(folder)).map(({ instruction }) => instruction)).toEqual(['first', 'second']);
  });

  it('reads a task of Natural Instructions, leaving out instances without an answer', async () => {
    const task = {
      Categories: ['Named Entity Recognition'],
      Definition: ['Do it.'],
      'Positive Examples': [{ input: 'p', output: 'q', explanation: 'r' }],
      Instances: [
        { id: 'task1481-15', input: 'x', output: ['y', 'z'] },
        { input: 'w', output: [''] },
      ],
    };
    const path = await file('task.json', JSON.stringify(task));
    const expected = [{ instruction: 'Do it.', input: 'x', output: 'y' }];
    expect(await loadExamples(path)).toEqual(expected);
    expect(await loadExamples(folder)).toEqual(expected);
  });

  it('reads the choices of an example that has some', async () => {
    const path = await file('data.jsonl', '{"instruction":"a","output":"no","choices":["yes","no"]}\n' + line('b'));
    expect(await loadExamples(path)).toEqual([
      { instruction: 'a', input: '', output: 'no', choices: ['yes', 'no'] },
      { instruction: 'b', input: 'i', output: 'o' },
    ]);
  });

  const good = line('good');
  const withChoices = (choices: unknown): string =>
    `${good}\n${JSON.stringify({ instruction: 'a', output: 'secret', choices })}`;
  const malformed: [string, string, string, RegExp][] = [
    ['a line that is not JSON', 'd.jsonl', `${good}\n{"instruction":`, /d\.jsonl:2: the line is not JSON/],
    ['such a line without repeating it', 'd.jsonl', '{"a": secret}', /^(?!.*secret)/],
    ['a line that is no object', 'd.jsonl', `${good}\n\n[1]`, /d\.jsonl:3: a list is not an object/],
    ['a missing instruction', 'd.jsonl', '{"output":"o"}', /d\.jsonl:1: field "instruction" is missing, not a text/],
    ['a blank instruction', 'd.jsonl', '{"instruction":" ","output":"o"}', /d\.jsonl:1: field "instruction" is blank/],
    [
      'a number as input',
      'd.jsonl',
      '{"instruction":"a","input":3,"output":"o"}',
      /field "input" is a number, not a text/,
    ],
    ['null as input', 'd.jsonl', '{"instruction":"a","input":null,"output":"o"}', /field "input" is null, not a text/],
    ['a list as output', 'd.jsonl', '{"instruction":"a","output":["o"]}', /field "output" is a list, not a text/],
    ['a blank output', 'd.jsonl', '{"instruction":"a","output":"\\n "}', /d\.jsonl:1: field "output" is blank/],
    ['a text as choices', 'd.jsonl', withChoices('secret'), /d\.jsonl:2: field "choices" is a string, not a list/],
    ['null as choices', 'd.jsonl', withChoices(null), /d\.jsonl:2: field "choices" is null, not a list/],
    ['a single choice', 'd.jsonl', withChoices(['secret']), /d\.jsonl:2: field "choices" has 1 of at least 2 texts/],
    ['a number as choice', 'd.jsonl', withChoices(['secret', 2]), /field "choices\[1\]" is a number, not a text/],
    ['a blank choice', 'd.jsonl', withChoices([' ', 'secret']), /field "choices\[0\]" is blank/],
    [
      'a choice that occurs twice',
      'd.jsonl',
      withChoices(['secret', 'b', 'b']),
      /field "choices\[2\]" is the same as choices\[1\]/,
    ],
    [
      'an output that is no choice, without repeating it',
      'd.jsonl',
      withChoices(['a', 'b']),
      /^(?!.*secret).*d\.jsonl:2: field "output" is none of the choices/,
    ],
    ['an empty file', 'd.jsonl', '', /d\.jsonl: the file holds no examples/],
    ['a file of another kind', 'd.csv', 'a,b', /d\.csv: not a data file/],
    ['a task that is not JSON', 'd.json', '{', /d\.json: the file is not JSON/],
    ['a task without definition', 'd.json', '{"Instances":[]}', /field "Definition" holds no text/],
    ['a task without instances', 'd.json', '{"Definition":["a"]}', /field "Instances" is not a list/],
    [
      'an instance without output',
      'd.json',
      '{"Definition":["a"],"Instances":[{"input":"i","output":[]}]}',
      /Instances\[0\]: field "output" is missing/,
    ],
    [
      'a task whose instances have no answers',
      'd.json',
      '{"Definition":["a"],"Instances":[{"input":"i","output":[""]}]}',
      /holds no examples/,
    ],
  ];
  it.each(malformed)('refuses %s', async (_what, name, content, message) => {
    await expect(loadExamples(await file(name, content))).rejects.toThrow(message);
  });

  it('refuses a missing path, a folder without data, bytes that are not UTF-8, and one bad file among good ones', async () => {
    await expect(loadExamples(join(folder, 'absent'))).rejects.toThrow(/absent: the data cannot be found: ENOENT/);
    await expect(loadExamples(folder)).rejects.toThrow(/the folder holds no data file: neither \*\.jsonl nor \*\.json/);
    await file('a.jsonl', line('good'));
    await file('b.jsonl', Uint8Array.of(0xff, 0xfe));
    await expect(loadExamples(folder)).rejects.toThrow(/b\.jsonl: the file is not text in UTF-8/);
  });
});
