import { describe, expect, it } from '@jest/globals';
import { seededRandom, shuffled } from './seeded-random.js';

const draws = (count: number, ...parts: (string | number)[]): number[] => {
  const random = seededRandom(...parts);
  return Array.from({ length: count }, random);
};

describe('seeded random numbers', () => {
  it('are a function of their parts', () => {
    expect(draws(5, 7, 'client')).toEqual(draws(5, 7, 'client'));
    const others = [[7, 'client2'], ['7', 'client'], ['7client'], [8, 'client'], ['client', 7], []];
    const firsts = others.map((parts) => draws(1, ...parts)[0]);
    expect(new Set([...firsts, draws(1, 7, 'client')[0]]).size).toBe(others.length + 1);
  });

  it('stay as they are from release to release', () => {
    expect(draws(3, 'fedamole', 0)).toEqual([0.013894874097002963, 0.6296360898131085, 0.005502836114780307]);
  });

  it('are uniform in [0, 1)', () => {
    const counts = new Array<number>(10).fill(0);
    for (const value of draws(100_000, 1)) {
      const bin = Math.floor(value * 10);
      counts[bin] = (counts[bin] ?? NaN) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  it('refuse a part that is no number', () => {
    expect(() => seededRandom(1, NaN)).toThrow(/NaN is no seed/);
  });

  it('shuffle a copy, every order about as often', () => {
    const items = ['a', 'b', 'c'];
    const random = seededRandom('orders');
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw += 1) {
      const order = shuffled(items, random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(items).toEqual(['a', 'b', 'c']);
  });
});
