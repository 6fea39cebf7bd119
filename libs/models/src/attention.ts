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
  softmaxProduct,
  split,
  termsOf,
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
  /** Added to the scores of each part of time: what broadcasts to [batch, heads, part, total]. */
  readonly biases: readonly (readonly Tensor[])[];
}

/** [batch, time, heads * width] to [batch, keyValueHeads, group * time, width]. */
function foldHeads(x: Tensor, heads: number, keyValueHeads: number, width: number): Tensor {
  const [batch, time] = [dimensionOf(x, 0), dimensionOf(x, 1)];
  const rows = multiplyDimensions(heads / keyValueHeads, time);
  return reshape(transpose(reshape(x, [batch, time, heads, width]), [0, 2, 1, 3]), [batch, keyValueHeads, rows, width]);
}

/**
 * Scaled dot-product attention. Queries are [batch, time, heads * headWidth], keys and values [batch, time,
 * keyValueHeads * headWidth], positions already applied. Where time is a sum of parts, those of a part do not look at the later
 * ones: the scores that the bias would hide are not computed.
 * Returns the context [batch * time, heads * headWidth] and the keys and values of these tokens. Those of earlier tokens are
 * read where they lie: put side by side with the new ones they would be copied in every layer of every step.
 */
export function attention(
  queries: Tensor,
  keys: Tensor,
  values: Tensor,
  shape: AttentionShape,
  scores: AttentionScores,
  past?: KeyValues,
): { context: Tensor; present: KeyValues } {
  const { heads, keyValueHeads, headWidth } = shape;
  const [batch, time] = [dimensionOf(queries, 0), dimensionOf(queries, 1)];
  const present = {
    keys: foldHeads(keys, keyValueHeads, keyValueHeads, headWidth),
    values: foldHeads(values, keyValueHeads, keyValueHeads, headWidth),
  };
  const parts = termsOf(time);
  const upTo = (part: number, all: Tensor): Tensor =>
    part + 1 === parts.length ? all : concat(split(all, 2, parts).slice(0, part + 1), 2);
  const contexts = split(queries, 1, parts).map((own, part) => {
    const seen = { keys: upTo(part, present.keys), values: upTo(part, present.values) };
    const biases = scores.biases.map((ofParts) => ofParts[part] as Tensor);
    return attend(own, past === undefined ? [seen] : [past, seen], shape, { ...scores, biases });
  });
  const context = reshape(concat(contexts, 1), [multiplyDimensions(batch, time), heads * headWidth]);
  return { context, present };
}

/** The context [batch, part, heads * headWidth] of some queries, which look at all these keys, side by side. */
function attend(
  queries: Tensor,
  seen: readonly KeyValues[],
  { heads, keyValueHeads, headWidth }: AttentionShape,
  { scale: factor = headWidth ** -0.5, cap = null, biases }: Omit<AttentionScores, 'biases'> & { biases: Tensor[] },
): Tensor {
  const [batch, part] = [dimensionOf(queries, 0), dimensionOf(queries, 1)];
  // a single query's product with many keys has a kernel of its own, for products without a factor
  const [scaled, alpha] = seen.length === 1 ? [queries, factor] : [scale(queries, factor), 1];
  const folded = foldHeads(scaled, heads, keyValueHeads, headWidth);
  const total = seen.map(({ keys }) => dimensionOf(keys, 2)).reduce(addDimensions);
  const rows = multiplyDimensions(heads / keyValueHeads, part);
  const scores = concat(
    seen.map(({ keys }) => matmul(folded, keys, { transposeB: true, alpha })),
    3,
  );
  const capped = cap === null ? scores : softCap(scores, cap);
  const biased = biases.reduce(add, reshape(capped, [batch, heads, part, total]));
  const mixed = mixture(
    reshape(biased, [batch, keyValueHeads, rows, total]),
    seen.map(({ values }) => values),
  );
  const context = transpose(reshape(mixed, [batch, heads, part, headWidth]), [0, 2, 1, 3]);
  return reshape(context, [batch, part, heads * headWidth]);
}

/** softmax(scores) times the values, which lie side by side. */
function mixture(scores: Tensor, values: readonly Tensor[]): Tensor {
  if (values.length === 1) return softmaxProduct(scores, values[0] as Tensor);
  const shares = split(
    softmax(scores),
    3,
    values.map((some) => dimensionOf(some, 2)),
  );
  return values.map((some, index) => matmul(shares[index] as Tensor, some)).reduce(add);
}
