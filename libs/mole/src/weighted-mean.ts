import { compileVectorLoops, ELEMENTS_AT_ONCE } from './vector-loops.js';

const PAGE_BYTES = 65_536;
const { memory, loops } = compileVectorLoops();

/** A vector and its weight in a mean. */
export interface Weighted<T> {
  readonly value: T;
  readonly weight: number;
}

/**
 * Writes the weighted mean of vectors over `target`, which is as long as each of them; leaves it as it is, and returns false,
 * where there is none of any weight. Sums are taken in float64 in the order given, and rounded to float32 once, at the end.
 * Vectors are asked for one after another, and none is kept.
 */
export function meanInto(target: Float32Array, vectors: Iterable<Weighted<Float32Array>>): boolean {
  const { length } = target;
  makeRoom(length);
  let total = 0;
  let sum = loops.begin;
  for (const { value, weight } of vectors) {
    if (value.length !== length) throw new Error(`merging vectors of ${length} and ${value.length} elements`);
    total += weight;
    new Float32Array(memory.buffer, 0, length).set(value);
    sum(0, sumsAddress(length), weight, narrowBytes(length));
    sum = loops.add;
  }
  if (total === 0) return false;
  // The reciprocal of a power of two is exact, and so the product is the quotient, at a fifth of its time.
  if (Number.isInteger(Math.log2(total))) loops.scale(0, sumsAddress(length), 1 / total, narrowBytes(length));
  else loops.divide(0, sumsAddress(length), total, narrowBytes(length));
  target.set(new Float32Array(memory.buffer, 0, length));
  return true;
}

/** The memory holds a vector in float32, and from its padded end on the sums in float64. */
function makeRoom(length: number): void {
  const missing = sumsAddress(length) + 2 * narrowBytes(length) - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
}

/** At least one turn of the loops, which test their condition at its end. */
const narrowBytes = (length: number): number =>
  4 * ELEMENTS_AT_ONCE * Math.max(1, Math.ceil(length / ELEMENTS_AT_ONCE));
const sumsAddress = narrowBytes;
