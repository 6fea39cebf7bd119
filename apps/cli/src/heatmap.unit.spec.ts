import { describe, expect, it } from '@jest/globals';
import { countHeatmap, expertHeatmap, heldTable } from './heatmap.js';

const held = { north: { q: [0, 2], v: [1] }, south: { q: [1], v: [0, 1, 2] } };
const look = { columns: 80, colours: false, experts: 3, maxExperts: 4 };

describe('a heatmap', () => {
  it('has a row for each client and a column for each module', () => {
    expect(countHeatmap(held, ['q', 'v'], look)).toBe('       0  1\nnorth  2  1 \nsouth  1  3 \n\n  0  q\n  1  v');
  });

  it('marks which experts of a module are held', () => {
    expect(expertHeatmap(held, 'q', look)).toBe('       0 1 2\nnorth  # . #\nsouth  . # .');
  });

  it('goes on below where the terminal is too narrow', () => {
    expect(expertHeatmap(held, 'q', { ...look, columns: 9 })).toBe(
      '       0\nnorth  #\nsouth  .\n\n       1\nnorth  .\nsouth  #\n\n       2\nnorth  #\nsouth  .',
    );
  });

  it('shades darker what holds more, on terminals that show it', () => {
    const greys = [...countHeatmap(held, ['q', 'v'], { ...look, colours: true }).matchAll(/48;5;(\d+)/g)].map(greyOf);
    expect(greys).toEqual([244, 249, 249, 239]);
  });

  it('is a table of indices for those who need them', () => {
    expect(heldTable(held, ['q'])).toBe(
      'CLIENT  MODULE  HELD  EXPERTS\nnorth   q       2     0 2\nsouth   q       1     1',
    );
  });
});

const greyOf = ([, grey]: RegExpMatchArray): number => Number(grey);
