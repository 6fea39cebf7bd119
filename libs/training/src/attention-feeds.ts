/** What attention is told of left-padded rows: who may see whom, where every key stands, and how positions are rotated. */
import type { Decoder } from '@fedamole/models';
import { attentionBiasName, inputNames } from './model-graphs.js';
import { rotaryFeeds } from './rotary-feeds.js';
import { floats, type Feeds } from './session.js';

/** Added to an attention score where a query may not look; finite, so that a row of padding stays finite. */
const HIDDEN = -1e9;

export interface RowsSoFar {
  /** Real tokens of each row, out of past + time. */
  readonly lengths: readonly number[];
  readonly time: number;
  readonly past: number;
}

/** Those of a session's inputs that follow from the rows alone: an attention bias per window, positions, rotary tables. */
export function attentionFeeds(
  names: readonly string[],
  { rotaryEmbeddings }: Pick<Decoder, 'rotaryEmbeddings'>,
  rows: RowsSoFar,
): Feeds {
  const { lengths, time, past } = rows;
  const feeds = rotaryFeeds(rotaryEmbeddings, past + time);
  const prefix = attentionBiasName(null);
  for (const name of names) {
    if (name === inputNames.keyPositions) {
      feeds[name] = floats(keyPositions(rows), [lengths.length, 1, 1, 1, past + time]);
    } else if (name.startsWith(prefix)) {
      const window = name === prefix ? null : Number(name.slice(prefix.length + 1));
      feeds[name] = floats(causalBias(rows, window), [lengths.length, 1, 1, time, past + time]);
    }
  }
  return feeds;
}

/**
 * The attention bias [rows, 1, 1, time, past + time]: a query sees itself and what comes before it, at most `window` tokens
 * in all where that is given, and no padding.
 */
export function causalBias({ lengths, time, past }: RowsSoFar, window: number | null = null): Float32Array {
  const total = past + time;
  const bias = new Float32Array(lengths.length * time * total).fill(HIDDEN);
  lengths.forEach((length, row) => {
    for (let query = 0; query < time; query += 1) {
      const start = (row * time + query) * total;
      const end = past + query + 1;
      const first = Math.max(total - length, window === null ? 0 : end - window);
      if (end > first) bias.fill(0, start + first, start + end);
    }
  });
  return bias;
}

/** [rows, past + time]: 0 for padding and the first real token, then counting. */
function keyPositions({ lengths, time, past }: RowsSoFar): Float32Array {
  const total = past + time;
  const positions = new Float32Array(lengths.length * total);
  lengths.forEach((length, row) => {
    for (let index = 0; index < length; index += 1) positions[row * total + total - length + index] = index;
  });
  return positions;
}
