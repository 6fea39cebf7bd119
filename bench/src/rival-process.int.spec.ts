import { describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RivalProcess } from './rival-process.js';

/** A rival in JavaScript: `answer` is an expression of the settings and the number of the turn. */
const rival = (answer: string, patienceSeconds = 30) => ({
  command: process.execPath,
  args: [
    '-e',
    `let settings; let turn = 0;
     require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
       if (settings === undefined) { settings = JSON.parse(line); console.log('{}'); return; }
       turn += 1;
       const answer = ${answer};
       if (answer !== null) console.log(JSON.stringify(answer));
     });`,
  ],
  log: join(mkdtempSync(join(tmpdir(), 'rival-')), 'log'),
  patienceSeconds,
});

describe('a rival process', () => {
  it('is told its settings once and answers turn by turn, until it is closed', async () => {
    const running = await RivalProcess.start(rival('({ seconds: turn, tokens: settings.tokens, peakBytes: 1 })'), {
      tokens: 7,
    });
    expect(await running.turn()).toEqual({ seconds: 1, tokens: 7, peakBytes: 1 });
    expect(await running.turn()).toEqual({ seconds: 2, tokens: 7, peakBytes: 1 });
    await running.close();
    await expect(running.turn()).rejects.toThrow('it ended');
  });

  it('that ends by an error is told by the last line that it said', async () => {
    const running = await RivalProcess.start(
      rival("(process.stderr.write('some\\nout of memory\\n'), process.exit(1))"),
      {},
    );
    await expect(running.turn()).rejects.toThrow(/it ended: out of memory/);
  });

  it('that answers nothing is ended', async () => {
    const running = await RivalProcess.start(rival('null', 1), {});
    await expect(running.turn()).rejects.toThrow('no answer within 1 s');
    await running.close();
  });

  it('that cannot be run is refused', async () => {
    const missing = { ...rival('null'), command: '/nowhere/python' };
    await expect(RivalProcess.start(missing, {})).rejects.toThrow('/nowhere/python cannot be run');
  });
});
