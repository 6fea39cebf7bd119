/**
 * Random numbers that are a function of named parts, such as (seed, round, client name, purpose), and of nothing else: no
 * generator is shared, so no draw depends on what was drawn before elsewhere, or on which machine.
 */
import { createHash } from 'node:crypto';

/**
 * A generator of doubles in [0, 1), uniform in steps of 2^-53: xoshiro128** (Blackman and Vigna 2018) whose 128 bits of
 * state are the beginning of the SHA-256 of the parts as JSON. So 1 and "1" differ, and so do ["a", "b"] and ["ab"].
 */
export function seededRandom(...parts: readonly (string | number)[]): () => number {
  for (const part of parts) {
    if (typeof part === 'number' && !Number.isFinite(part)) throw new RangeError(`seededRandom: ${part} is no seed`);
  }
  const hash = createHash('sha256').update(JSON.stringify(parts)).digest();
  let [a, b, c, d] = [hash.readInt32LE(0), hash.readInt32LE(4), hash.readInt32LE(8), hash.readInt32LE(12)];
  const next = (): number => {
    const result = Math.imul(rotated(Math.imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return result >>> 0;
  };
  // 26 and 27 bits of two draws make the 53 bits of a double.
  return () => ((next() >>> 6) * 2 ** 27 + (next() >>> 5)) / 2 ** 53;
}

/** A copy in random order (Fisher and Yates). */
export function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  const copy = [...items];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [copy[last], copy[other]] = [copy[other] as Item, copy[last] as Item];
  }
  return copy;
}

function rotated(bits: number, by: number): number {
  return (bits << by) | (bits >>> (32 - by));
}
