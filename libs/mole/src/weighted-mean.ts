import { compileVectorLoops, ELEMENTS_AT_ONCE } from './vector-loops.js';

const PAGE_BYTES = 65_536;
const { memory, loops } = compileVectorLoops();

/** A vector and its weight in a mean. */
export interface Weighted<T> {
  readonly value: T;
  readonly weight: number;
}

/**
 * The weighted mean of equally long vectors; null where there is none of any weight. Sums are taken in float64 in the order
 * given, and rounded to float32 once, at the end. Vectors are asked for one after another, and none is kept.
 */
export function weightedMean(vectors: Iterable<Weighted<Float32Array>>): Float32Array | null {
  let length: number | null = null;
  let total = 0;
  for (const { value, weight } of vectors) {
    if (length === null) {
      length = value.length;
      makeRoom(length);
    }
    if (value.length !== length) throw new Error(`merging vectors of ${length} and ${value.length} elements`);
    total += weight;
    new Float32Array(memory.buffer, 0, length).set(value);
    if (length > 0) loops.add(0, sumsAddress(length), weight, narrowBytes(length));
  }
  return length === null || total === 0 ? null : meanOf(length, total);
}

function meanOf(length: number, total: number): Float32Array {
  const factor = 1 / total;
  // The reciprocal of a power of two is exact, and so the product is the quotient, at a fifth of its time.
  const mean = Number.isInteger(Math.log2(total)) ? loops.scale : loops.divide;
  if (length > 0) mean(0, sumsAddress(length), mean === loops.scale ? factor : total, narrowBytes(length));
  return new Float32Array(memory.buffer, 0, length).slice();
}

/** The memory holds a vector in float32, and from its padded end on sums in float64, which begin at 0. */
function makeRoom(length: number): void {
  const sums = sumsAddress(length);
  const bytes = sums + 2 * narrowBytes(length);
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
  new Uint8Array(memory.buffer, 0, bytes).fill(0);
}

const narrowBytes = (length: number): number => 4 * ELEMENTS_AT_ONCE * Math.ceil(length / ELEMENTS_AT_ONCE);
const sumsAddress = narrowBytes;
