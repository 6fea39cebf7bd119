/**
 * What attention is told of left-padded rows and the cache before them: who may see whom, where every key stands, and how
 * positions are rotated.
 */
import type { Decoder } from '@fedamole/models';
import { attentionBiasName, keyPositionsName } from './model-graphs.js';
import { rotaryFeeds } from './rotary-feeds.js';
import { floats, type Feeds } from './session.js';
import { boundsOf, timeParts, type Bounds } from './parts.js';

/** Added to an attention score where a query may not look; finite, so that a row of padding stays finite. */
const HIDDEN = -1e9;

export interface RowsSoFar {
  /** New tokens of each row, out of `time`; what stands before them is padding. */
  readonly lengths: readonly number[];
  readonly time: number;
  /** Earlier tokens of each row, which stand in a cache from slot 0; none unless given. */
  readonly past?: { readonly lengths: readonly number[]; readonly capacity: number };
}

/** Those of a session's inputs that follow from the rows alone: attention biases, positions of keys, rotary tables. */
export function attentionFeeds(
  names: readonly string[],
  { rotaryEmbeddings }: Pick<Decoder, 'rotaryEmbeddings'>,
  rows: RowsSoFar,
): Feeds {
  const { lengths, past } = rows;
  const longest = Math.max(...lengths.map((length, row) => length + (past?.lengths[row] ?? 0)));
  const feeds = rotaryFeeds(rotaryEmbeddings, longest);
  partsOf(rows).forEach((part, index) => {
    const total = (past?.capacity ?? 0) + part.end;
    const positions = keyPositionsName(index);
    if (names.includes(positions)) feeds[positions] = floats(keyPositions(rows, part), [lengths.length, 1, 1, total]);
    for (const window of windowsOf(names, index)) {
      const shape = [lengths.length, 1, part.end - part.start, total];
      feeds[attentionBiasName(window, index)] = floats(causalBias(rows, window, part), shape);
    }
  });
  return feeds;
}

/** Beside a cache there is one part. */
const partsOf = ({ time, past }: RowsSoFar): readonly Bounds[] =>
  past === undefined ? boundsOf(timeParts, time) : [{ start: 0, end: time }];

function windowsOf(names: readonly string[], part: number): (number | null)[] {
  const found = names.map((name) => /^attention_bias:(all|\d+):(\d+)$/.exec(name));
  return found.flatMap((match) =>
    match === null || Number(match[2]) !== part ? [] : [match[1] === 'all' ? null : Number(match[1])],
  );
}

/**
 * The attention bias [rows, 1, part, capacity + end]: a query sees itself and what comes before it, at most `window` tokens
 * in all where that is given, and neither padding nor slots that hold nothing.
 */
export function causalBias(
  { lengths, time, past }: RowsSoFar,
  window: number | null = null,
  { start: firstQuery, end }: Bounds = { start: 0, end: time },
): Float32Array {
  const capacity = past?.capacity ?? 0;
  const total = capacity + end;
  const bias = new Float32Array(lengths.length * (end - firstQuery) * total).fill(HIDDEN);
  lengths.forEach((length, row) => {
    const earlier = past?.lengths[row] ?? 0;
    for (let query = firstQuery; query < end; query += 1) {
      const start = (row * (end - firstQuery) + query - firstQuery) * total;
      // the row's token that this query is, and the first that it sees; below 0 for padding
      const position = earlier + query - (time - length);
      if (position < earlier) continue;
      const first = window === null ? 0 : Math.max(0, position + 1 - window);
      if (first < earlier) bias.fill(0, start + first, start + earlier);
      const column = capacity + time - length - earlier;
      bias.fill(0, start + column + Math.max(first, earlier), start + column + position + 1);
    }
  });
  return bias;
}

/** [rows, capacity + end]: those of the slots, then those of the new tokens; padding has 0. */
function keyPositions({ lengths, time, past }: RowsSoFar, { end }: Bounds): Float32Array {
  const capacity = past?.capacity ?? 0;
  const total = capacity + end;
  const positions = new Float32Array(lengths.length * total);
  lengths.forEach((length, row) => {
    const earlier = past?.lengths[row] ?? 0;
    const start = row * total;
    for (let slot = 0; slot < earlier; slot += 1) positions[start + slot] = slot;
    const padding = time - length;
    for (let column = padding; column < end; column += 1)
      positions[start + capacity + column] = earlier + column - padding;
  });
  return positions;
}
