/** Dropout masks, made outside of the graph so that a seed gives the same masks on every device. */

/**
 * `length` elements that are 0 with probability `rate`, else 1 / (1 - rate); from xorshift32 (Marsaglia 2003) started at
 * `seed`, a whole number other than 0.
 */
export function dropoutMask(length: number, rate: number, seed: number): Float32Array {
  const mask = new Float32Array(length);
  const kept = 1 / (1 - rate);
  const threshold = rate * 2 ** 32;
  let state = seed | 0;
  if (state === 0) throw new Error('dropoutMask: xorshift has no sequence for seed 0');
  for (let index = 0; index < length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    mask[index] = state >>> 0 < threshold ? 0 : kept;
  }
  return mask;
}
