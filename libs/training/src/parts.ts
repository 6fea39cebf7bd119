/** Dimensions of a graph that are worked on in parts: a fixed number of them, whose sizes follow from the whole. */
import { addDimensions, type Dimension } from '@fedamole/graph';
import type { Device } from './devices.js';

export interface Parts {
  /** Of the parts' sizes, in alphabetical order, which is that of a sum's terms. */
  readonly symbols: readonly string[];
  readonly sizes: (whole: number) => readonly number[];
}

/**
 * Tokens of a whole sequence: the earlier ones look at no later one, so a quarter of all scores is not computed. More parts would
 * save a third at most, and cost a longer graph.
 */
export const timeParts: Parts = {
  symbols: ['early', 'late'],
  sizes: (time) => [Math.ceil(time / 2), Math.floor(time / 2)],
};

/** Targets of a part that is worth the reading of the whole vocabulary matrix. */
const ENOUGH_TARGETS = 64;
const MOST_TARGET_PARTS = 8;

/**
 * Targets of a batch: of the logits only one part's are held at a time. The last parts of few targets are empty, which only the
 * CPU's kernels take.
 */
const manyTargetParts: Parts = {
  symbols: Array.from({ length: MOST_TARGET_PARTS }, (_, part) => `targets${part}`),
  sizes: (targets) => {
    const most = Math.max(ENOUGH_TARGETS, Math.ceil(targets / MOST_TARGET_PARTS));
    return manyTargetParts.symbols.map((_, part) => Math.min(most, Math.max(0, targets - part * most)));
  },
};

const allTargets: Parts = { symbols: ['targets0'], sizes: (targets) => [targets] };

export const targetPartsOn = (device: Device): Parts => (device === 'cpu' ? manyTargetParts : allTargets);

/** The dimension that the parts make up. */
export const wholeOf = ({ symbols }: Parts): Dimension => symbols.reduce<Dimension>(addDimensions, 0);

export interface Bounds {
  readonly start: number;
  readonly end: number;
}

/** Where each part begins and ends. */
export function boundsOf({ sizes }: Parts, whole: number): Bounds[] {
  let end = 0;
  return sizes(whole).map((size) => ({ start: end, end: (end += size) }));
}

/** The size of each part, by its symbol. */
export const sizesOf = ({ symbols, sizes }: Parts, whole: number): (readonly [string, number])[] =>
  sizes(whole).map((size, part) => [symbols[part] as string, size]);
