/** Tables of rotary embeddings, as inputs: a graph that held a row for every position of a model would be as large as its weights. */
import { rotaryRows, type RotaryEmbedding, type RotaryRows, type RotaryTurns } from '@fedamole/models';
import { rotaryName } from './model-graphs.js';
import { floats, type Feeds } from './session.js';

const FIRST_ROWS = 128;

/** Rows that were worked out so far; decoding asks for one more at every token. */
const known = new WeakMap<RotaryTurns, RotaryRows & { readonly positions: number }>();

/** Cosines and sines of the positions of a sequence of `length` tokens, each [length, pairs]. */
export function rotaryFeeds(embeddings: readonly RotaryEmbedding[], length: number): Feeds {
  const feeds: Feeds = {};
  for (const embedding of embeddings) {
    const { cosines, sines } = atLeast(embedding.turns(length), length);
    const shape = [length, embedding.pairs];
    const count = length * embedding.pairs;
    feeds[rotaryName('cosines', embedding)] = floats(cosines.subarray(0, count), shape);
    feeds[rotaryName('sines', embedding)] = floats(sines.subarray(0, count), shape);
  }
  return feeds;
}

function atLeast(turns: RotaryTurns, length: number): RotaryRows {
  const found = known.get(turns);
  if (found !== undefined && found.positions >= length) return found;
  const positions = Math.max(FIRST_ROWS, 2 ** Math.ceil(Math.log2(length)));
  const rows = { ...rotaryRows(turns, positions), positions };
  known.set(turns, rows);
  return rows;
}
