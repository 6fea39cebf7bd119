import { describe, expect, it } from '@jest/globals';
import { BenchmarkError } from './benchmark-error.js';
import { race, type Form } from './contender.js';

/** Forms whose turns give the figures one after the other, the last one for ever; `log` tells what happens to them. */
function scripted(log: string[]) {
  return (name: string, figures: readonly number[], variants: readonly Form[] = []): Form => ({
    name,
    variants,
    open: async () => {
      log.push(`open ${name}`);
      let turn = 0;
      return {
        measure: async () => {
          log.push(name);
          const figure = figures[Math.min(turn, figures.length - 1)] as number;
          turn += 1;
          return figure;
        },
        close: async () => void log.push(`close ${name}`),
      };
    },
  });
}

const broken = (name: string, error: Error): Form => ({ name, open: () => Promise.reject(error) });
const silent = (): void => undefined;

describe('a race', () => {
  it('lets both sides run in turns and compares the medians of the turns after the three that try a form', async () => {
    const log: string[] = [];
    const form = scripted(log);
    const result = await race(
      {
        unit: 'tokens/s',
        better: 'higher',
        ours: [form('a', [1, 1, 30, 10, 20])],
        rivals: [form('b', [1, 1, 4, 8, 6])],
        turns: 3,
      },
      silent,
    );
    expect(result).toEqual({ unit: 'tokens/s', ours: { value: 20, form: 'a' }, rival: { value: 6, form: 'b' } });
    expect(log.join(' ')).toBe('open a a a a open b b b b a b a b a b close b close a');
  });

  it('takes the best form of a side, and of it the best variant, and closes the others', async () => {
    const log: string[] = [];
    const form = scripted(log);
    const rivals = [form('slow', [5], [form('slow, compiled', [1])]), form('fast', [3], [form('fast, compiled', [2])])];
    const run = { unit: 's', better: 'lower', ours: [form('a', [1])], rivals, turns: 1 } as const;
    expect((await race(run, silent)).rival).toEqual({ value: 2, form: 'fast, compiled' });
    expect(log).not.toContain('open slow, compiled');
    expect(log.filter((line) => line.startsWith('close')).length).toBe(4);
  });

  it('says which form does not work and goes on without it', async () => {
    const form = scripted([]);
    const said: string[] = [];
    const rivals = [broken('b', new BenchmarkError('no compiler')), form('c', [2])];
    const run = { unit: 's', better: 'lower', ours: [form('a', [1])], rivals, turns: 1 } as const;
    expect((await race(run, (text) => said.push(text))).rival.form).toBe('c');
    expect(said).toContain('rival, b: does not work here: no compiler');
  });

  it('fails where no form works, and where one fails for another reason', async () => {
    const form = scripted([]);
    const run = { unit: 's', better: 'lower', ours: [form('a', [1])], turns: 1 } as const;
    const refused = broken('b', new BenchmarkError('no compiler'));
    await expect(race({ ...run, rivals: [refused] }, silent)).rejects.toThrow('none of these forms works: b');
    await expect(race({ ...run, rivals: [broken('b', new Error('a bug'))] }, silent)).rejects.toThrow('a bug');
  });
});
