/**
 * What attention is told of left-padded rows and the cache before them: who may see whom, where every key stands, and how
 * positions are rotated.
 */
import type { Decoder } from '@fedamole/models';
import { attentionBiasName, inputNames } from './model-graphs.js';
import { rotaryFeeds } from './rotary-feeds.js';
import { floats, type Feeds } from './session.js';

/** Added to an attention score where a query may not look; finite, so that a row of padding stays finite. */
const HIDDEN = -1e9;

export interface RowsSoFar {
  /** New tokens of each row, out of `time`; what stands before them is padding. */
  readonly lengths: readonly number[];
  readonly time: number;
  /** Earlier tokens of each row, which stand in a cache from slot 0; none unless given. */
  readonly past?: { readonly lengths: readonly number[]; readonly capacity: number };
}

/** Those of a session's inputs that follow from the rows alone: an attention bias per window, positions, rotary tables. */
export function attentionFeeds(
  names: readonly string[],
  { rotaryEmbeddings }: Pick<Decoder, 'rotaryEmbeddings'>,
  rows: RowsSoFar,
): Feeds {
  const { lengths, time, past } = rows;
  const total = (past?.capacity ?? 0) + time;
  const longest = Math.max(...lengths.map((length, row) => length + (past?.lengths[row] ?? 0)));
  const feeds = rotaryFeeds(rotaryEmbeddings, longest);
  const prefix = attentionBiasName(null);
  for (const name of names) {
    if (name === inputNames.keyPositions) {
      feeds[name] = floats(keyPositions(rows), [lengths.length, 1, 1, 1, total]);
    } else if (name.startsWith(prefix)) {
      const window = name === prefix ? null : Number(name.slice(prefix.length + 1));
      feeds[name] = floats(causalBias(rows, window), [lengths.length, 1, 1, time, total]);
    }
  }
  return feeds;
}

/**
 * The attention bias [rows, 1, 1, time, capacity + time]: a query sees itself and what comes before it, at most `window` tokens
 * in all where that is given, and neither padding nor slots that hold nothing.
 */
export function causalBias({ lengths, time, past }: RowsSoFar, window: number | null = null): Float32Array {
  const capacity = past?.capacity ?? 0;
  const total = capacity + time;
  const bias = new Float32Array(lengths.length * time * total).fill(HIDDEN);
  lengths.forEach((length, row) => {
    const earlier = past?.lengths[row] ?? 0;
    for (let query = 0; query < time; query += 1) {
      const start = (row * time + query) * total;
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

/** [rows, capacity + time]: those of the slots, then those of the new tokens; padding has 0. */
function keyPositions({ lengths, time, past }: RowsSoFar): Float32Array {
  const capacity = past?.capacity ?? 0;
  const total = capacity + time;
  const positions = new Float32Array(lengths.length * total);
  lengths.forEach((length, row) => {
    const earlier = past?.lengths[row] ?? 0;
    const start = row * total;
    for (let slot = 0; slot < earlier; slot += 1) positions[start + slot] = slot;
    for (let index = 0; index < length; index += 1) positions[start + total - length + index] = earlier + index;
  });
  return positions;
}
