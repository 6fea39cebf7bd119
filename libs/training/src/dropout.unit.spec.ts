import { describe, expect, it } from '@jest/globals';
import { fillDropoutMask } from './dropout.js';

const LENGTH = 200_000;
function dropoutMask(length: number, rate: number, seed: number): Uint8Array {
  const mask = new Uint8Array(length).fill(255);
  fillDropoutMask(mask, rate, seed);
  return mask;
}
const dropped = (mask: Uint8Array): number => mask.filter((element) => element === 0).length;

describe('a dropout mask', () => {
  it.each([0.0005, 0.05, 0.1, 0.5, 0.9])('drops a share of %p and keeps the rest', (rate) => {
    const mask = dropoutMask(LENGTH, rate, 12345);
    // five standard deviations of a binomial share
    const tolerance = 5 * Math.sqrt((rate * (1 - rate)) / LENGTH);
    expect(Math.abs(dropped(mask) / LENGTH - rate)).toBeLessThan(tolerance);
    expect(new Set(mask)).toEqual(new Set([0, 1]));
  });

  it('is a function of its seed', () => {
    expect(dropoutMask(1000, 0.3, 7)).toEqual(dropoutMask(1000, 0.3, 7));
    expect(dropoutMask(1000, 0.3, 7)).not.toEqual(dropoutMask(1000, 0.3, 8));
    expect(dropoutMask(1000, 0.3, 0xffff_ffff)).not.toEqual(dropoutMask(1000, 0.3, 0x7fff_ffff));
  });

  it('stays as it is from release to release', () => {
    const kept = Array.from(dropoutMask(24, 0.5, 2024), (element) => (element === 0 ? '.' : 'x')).join('');
    expect(kept).toBe('.x..x.........xx.xxxxxxx');
  });

  it('drops neighbours independently', () => {
    const mask = dropoutMask(LENGTH, 0.5, 4242);
    let pairs = 0;
    for (let index = 1; index < LENGTH; index += 1) if (mask[index] === 0 && mask[index - 1] === 0) pairs += 1;
    expect(Math.abs(pairs / LENGTH - 0.25)).toBeLessThan(0.01);
  });

  it.each([0.02, 0.3])('leaves gaps of every length at rate %p as often as independent draws would', (rate) => {
    const counts = new Map<number, number>();
    let drops = 0;
    for (let seed = 1; seed <= 20; seed += 1) {
      let last = -1;
      dropoutMask(LENGTH, rate, seed * 0x9e37_79b1).forEach((element, index) => {
        if (element !== 0) return;
        counts.set(index - last - 1, (counts.get(index - last - 1) ?? 0) + 1);
        drops += 1;
        last = index;
      });
    }
    for (const gap of [0, 1, 2, 5, 10, 30, 100, 250]) {
      const expected = drops * rate * (1 - rate) ** gap;
      // five standard deviations of a count
      expect(Math.abs((counts.get(gap) ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected) + 5);
    }
  });

  it('drops at every place alike, the first included', () => {
    const counts = new Float64Array(40);
    for (let seed = 1; seed <= 20_000; seed += 1) {
      dropoutMask(40, 0.05, Math.imul(seed, 0x9e37_79b1)).forEach((element, index) => {
        if (element === 0) counts[index] = (counts[index] as number) + 1;
      });
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(950));
  });

  it('drops nothing at rate 0', () => {
    expect(new Set(dropoutMask(1000, 0, 5))).toEqual(new Set([1]));
  });

  it('refuses seed 0, from which every mask would be empty', () => {
    expect(() => dropoutMask(10, 0.1, 0)).toThrow('xorshift has no sequence for seed 0');
  });
});
