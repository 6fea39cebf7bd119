/**
 * Causal attention with grouped queries (Ainslie et al. 2023): each key-value head serves a group of query heads. The group is
 * folded into the row axis, so keys and values are never repeated and their gradients add up by themselves.
 */
import {
  add,
  addDimensions,
  concat,
  dimensionOf,
  matmul,
  multiplyDimensions,
  reshape,
  scale,
  softCap,
  softmax,
  split,
  transpose,
  type Tensor,
} from '@fedamole/graph';
import type { KeyValues } from './decoder.js';

export interface AttentionShape {
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
}

export interface AttentionScores {
  /** Factor on the scores; 1 / sqrt(headWidth) unless the family says otherwise. */
  readonly scale?: number;
  /** Scores are softly capped at this magnitude, before the bias. */
  readonly cap?: number | null;
  /** Added to the scores: [batch, 1, 1, time, total] or what broadcasts to [batch, keyValueHeads, group, time, total]. */
  readonly biases: readonly Tensor[];
}

/** [batch, time, heads * width] to [batch, keyValueHeads, group * time, width]. */
function foldHeads(x: Tensor, heads: number, keyValueHeads: number, width: number): Tensor {
  const [batch, time] = [dimensionOf(x, 0), dimensionOf(x, 1)];
  const group = heads / keyValueHeads;
  const grouped = transpose(reshape(x, [batch, time, keyValueHeads, group, width]), [0, 2, 3, 1, 4]);
  return reshape(grouped, [batch, keyValueHeads, multiplyDimensions(group, time), width]);
}

/**
 * Scaled dot-product attention. Queries are [batch, time, heads * headWidth], keys and values [batch, time,
 * keyValueHeads * headWidth], positions already applied.
 * Returns the context [batch * time, heads * headWidth] and the keys and values of these tokens. Those of earlier tokens are
 * read where they lie: put side by side with the new ones they would be copied in every layer of every step.
 */
export function attention(
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  { heads, keyValueHeads, headWidth }: AttentionShape,
  { scale: factor = headWidth ** -0.5, cap = null, biases }: AttentionScores,
  past?: KeyValues,
): { context: Tensor; present: KeyValues } {
  const [batch, time] = [dimensionOf(queries, 0), dimensionOf(queries, 1)];
  const group = heads / keyValueHeads;
  // a single query's product with many keys has a kernel of its own, for products without a factor
  const [scaled, alpha] = past === undefined ? [queries, factor] : [scale(queries, factor), 1];
  const folded = foldHeads(scaled, heads, keyValueHeads, headWidth);
  const present = {
    keys: foldHeads(keys, keyValueHeads, keyValueHeads, headWidth),
    values: foldHeads(values, keyValueHeads, keyValueHeads, headWidth),
  };
  const seen = past === undefined ? [present] : [past, present];
  const slots = seen.map((part) => dimensionOf(part.keys, 2));
  const total = slots.reduce(addDimensions);
  const rows = multiplyDimensions(group, time);
  const scores = concat(
    seen.map((part) => matmul(folded, part.keys, { transposeB: true, alpha })),
    3,
  );
  const capped = cap === null ? scores : softCap(scores, cap);
  const masked = biases.reduce(add, reshape(capped, [batch, keyValueHeads, group, time, total]));
  const weights = reshape(softmax(masked), [batch, keyValueHeads, rows, total]);
  const shares = seen.length === 1 ? [weights] : split(weights, 3, slots);
  const mixed = seen.map((part, index) => matmul(shares[index] as Tensor, part.values)).reduce(add);
  const context = reshape(mixed, [batch, keyValueHeads, group, time, headWidth]);
  const tokens = multiplyDimensions(batch, time);
  return { context: reshape(transpose(context, [0, 3, 1, 2, 4]), [tokens, heads * headWidth]), present };
}
