/**
 * Dropout masks, made outside of the graph so that a seed gives the same masks on every device.
 *
 * What is drawn is not each element but the gap to the next one that is dropped: it follows the geometric distribution, so
 * a rate of 0.05 needs one draw in twenty elements. Gaps come from a table of that distribution, with integers and
 * comparisons alone: no logarithm, whose last bit the language leaves to the engine.
 */

/** Gaps of this length and more take another draw, counted from there: the distribution has no memory. */
const LONGEST_GAP = 1024;
/** The first bits of a draw that lead to a place in the table from which few steps are left. */
const GUIDE_BITS = 10;

interface GapTable {
  readonly rate: number;
  /** `bounds[gap]`: draws of 31 bits up to it mean a gap of at most `gap`; no draw is above the last. */
  readonly bounds: Int32Array;
  /** By a draw's first bits, the least gap that it may mean. */
  readonly guide: Uint16Array;
}

/**
 * Fills `mask` with elements that are 0 with probability `rate`, from 0 to below 1, else 1; from xorshift32 (Marsaglia 2003)
 * started at `seed`, a whole number other than 0.
 */
export function fillDropoutMask(mask: Uint8Array, rate: number, seed: number): void {
  let state = seed | 0;
  if (state === 0) throw new Error('fillDropoutMask: xorshift has no sequence for seed 0');
  mask.fill(1);
  if (rate === 0) return;
  const { length } = mask;
  const { bounds, guide } = gapTable(rate);
  for (let index = 0; ;) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const draw = state >>> 1;
    let gap = guide[draw >>> (31 - GUIDE_BITS)] as number;
    while (draw > (bounds[gap] as number)) gap += 1;
    index += gap;
    if (index >= length) return;
    if (gap === LONGEST_GAP) continue;
    mask[index] = 0;
    index += 1;
  }
}

let lastTable: GapTable | null = null;

/** P(gap <= n) = 1 - (1 - rate)^(n + 1). A federation has one rate, so the last table is kept. */
function gapTable(rate: number): GapTable {
  if (lastTable?.rate === rate) return lastTable;
  const bounds = new Int32Array(LONGEST_GAP + 1);
  let kept = 1;
  for (let gap = 0; gap < LONGEST_GAP; gap += 1) {
    kept *= 1 - rate;
    bounds[gap] = Math.floor((1 - kept) * 2 ** 31) - 1;
  }
  bounds[LONGEST_GAP] = 2 ** 31 - 1;
  const guide = new Uint16Array(2 ** GUIDE_BITS);
  let gap = 0;
  for (let bits = 0; bits < guide.length; bits += 1) {
    while ((bounds[gap] as number) < bits * 2 ** (31 - GUIDE_BITS)) gap += 1;
    guide[bits] = gap;
  }
  lastTable = { rate, bounds, guide };
  return lastTable;
}
