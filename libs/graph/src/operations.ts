/** The functions that models are written with: each applies one primitive, or a fixed combination of a few. */
import type { DataType } from './data-type.js';
import type { Dimension, Shape } from './dimension.js';
import { elementCount, sameShape } from './dimension.js';
import { bothDirections, quantizedProduct } from './quantized.js';
import type { Tensor } from './tensor.js';

interface ProductOptions {
  transposeA?: boolean;
  transposeB?: boolean;
  alpha?: number;
}

const product = ({ transposeA = false, transposeB = false, alpha = 1 }: ProductOptions) => ({
  transposeA,
  transposeB,
  alpha,
});

const first = ([output]: Tensor[]): Tensor => output as Tensor;

/** a + b, element by element, with numpy's broadcasting; the next three likewise. Throws where types differ or shapes do not broadcast. */
export const add = (a: Tensor, b: Tensor): Tensor => first(a.graph.apply('add', [a, b], {}));
export const subtract = (a: Tensor, b: Tensor): Tensor => first(a.graph.apply('subtract', [a, b], {}));
export const multiply = (a: Tensor, b: Tensor): Tensor => first(a.graph.apply('multiply', [a, b], {}));
export const divide = (a: Tensor, b: Tensor): Tensor => first(a.graph.apply('divide', [a, b], {}));
/** x times a number, element by element; so are the functions that follow. */
export const scale = (x: Tensor, factor: number): Tensor => first(x.graph.apply('scale', [x], { factor }));
/** x * sigmoid(x) (Elfwing et al. 2018). */
export const silu = (x: Tensor): Tensor => first(x.graph.apply('silu', [x], {}));
export const tanh = (x: Tensor): Tensor => first(x.graph.apply('tanh', [x], {}));
export const relu = (x: Tensor): Tensor => first(x.graph.apply('relu', [x], {}));
export const exp = (x: Tensor): Tensor => first(x.graph.apply('exp', [x], {}));
export const erf = (x: Tensor): Tensor => first(x.graph.apply('erf', [x], {}));

/** x * Phi(x), with the normal distribution's Phi (Hendrycks and Gimpel 2016). */
export const gelu = (x: Tensor): Tensor => scale(multiply(x, add(erf(scale(x, Math.SQRT1_2)), one(x))), 0.5);

/** The same paper's approximation by a hyperbolic tangent. */
export function geluTanh(x: Tensor): Tensor {
  const cubed = multiply(multiply(x, x), x);
  const inner = scale(add(x, scale(cubed, 0.044715)), Math.sqrt(2 / Math.PI));
  return scale(multiply(x, add(tanh(inner), one(x))), 0.5);
}

const one = (like: Tensor): Tensor => like.graph.constant([1], [1]);

/** `cap * tanh(x / cap)`: soft capping. */
export const softCap = (x: Tensor, cap: number): Tensor => scale(tanh(scale(x, 1 / cap)), cap);

export const sigmoid = (x: Tensor): Tensor => first(x.graph.apply('sigmoid', [x], {}));

/** Softmax over the last axis. */
export const softmax = (x: Tensor): Tensor => first(x.graph.apply('softmax', [x], {}));
/**
 * softmax(scores) times values, attention's mixture: scores [..., rows, columns], values [..., columns, width], the result [..., rows,
 * width]. Its gradient reads fewer scores than that of the two operations.
 */
export const softmaxProduct = (scores: Tensor, values: Tensor): Tensor =>
  first(scores.graph.apply('softmaxProduct', [scores, values], {}));

/** Root-mean-square normalisation of the last axis, times `weight` [width] (Zhang and Sennrich 2019, equation 4). */
export const rmsNormalize = (x: Tensor, weight: Tensor, epsilon: number): Tensor =>
  first(x.graph.apply('rmsNormalize', [x, weight], { epsilon }));

/** Layer normalisation of the last axis (Ba et al. 2016), times `weight` plus `bias`, each [width]. */
export const layerNormalize = (x: Tensor, weight: Tensor, bias: Tensor, epsilon: number): Tensor =>
  first(x.graph.apply('layerNormalize', [x, weight, bias], { epsilon }));

export interface RotaryTables {
  /** [positions, width / 2] */
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

/** Rotary position embedding (Su et al. 2021) of x [batch, time, heads * width], halves paired as in Hugging Face's Llama. */
export const rotate = (x: Tensor, positions: Tensor, tables: RotaryTables, heads: number, inverse = false): Tensor =>
  first(x.graph.apply('rotate', [x, positions, tables.cosines, tables.sines], { heads, inverse }));

/**
 * `alpha * A B` over the last two axes, each factor transposed on request, with equal leading axes. B may be held in fewer bits: then
 * A is a matrix that is not transposed, and alpha is 1.
 */
export function matmul(a: Tensor, b: Tensor, options: ProductOptions = {}): Tensor {
  const { transposeA, transposeB, alpha } = product(options);
  if (b.quantized === null) return first(a.graph.apply('matmul', [a, b], { transposeA, transposeB, alpha }));
  if (transposeA || alpha !== 1)
    throw new Error(
      `matmul: ${b.name} is held in fewer bits; only A B and A B^T are there (transposeA ${transposeA}, alpha ${alpha})`,
    );
  return quantizedProduct(a, b.quantized, transposeB);
}

/** `C + alpha * A B` for matrices, each factor transposed on request, in one pass. */
export const gemm = (c: Tensor, a: Tensor, b: Tensor, options: ProductOptions = {}): Tensor =>
  first(a.graph.apply('gemm', [a, b, c], product(options)));

/** The same elements in another shape. Throws where their number differs. */
export const reshape = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : first(x.graph.apply('reshape', [x], { shape }));

/** Axis i of the result is axis `permutation[i]` of x. */
export const transpose = (x: Tensor, permutation: readonly number[]): Tensor =>
  first(x.graph.apply('transpose', [x], { permutation }));

/** Tensors one behind the other along `axis`; their other dimensions are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const [head] = tensors;
  if (head === undefined) throw new Error('Concat: takes at least one input');
  return tensors.length === 1 ? head : first(head.graph.apply('concat', tensors, { axis }));
}

/** Parts of x along `axis`, whose sizes add up to its dimension. */
export const split = (x: Tensor, axis: number, sizes: readonly Dimension[]): Tensor[] =>
  sizes.length === 1 && sizes[0] === x.shape[axis] ? [x] : x.graph.apply('split', [x], { axis, sizes });

/** The sum over `axes`, which stay as dimensions of size 1. */
export const sum = (x: Tensor, axes: readonly number[]): Tensor =>
  axes.length === 0 ? x : first(x.graph.apply('sum', [x], { axes }));

/** Repeats dimensions of size 1 up to `shape`. */
export const broadcast = (x: Tensor, shape: Shape): Tensor =>
  sameShape(x.shape, shape) ? x : first(x.graph.apply('broadcast', [x], { shape }));

/** Rows of `table` [rows, width] at `indices` of any shape, as a matrix [number of indices, width]. */
export function gatherRows(table: Tensor, indices: Tensor): Tensor {
  const { quantized } = table;
  const stored =
    quantized?.kind === 'bfloat16' ? quantized.values : quantized?.kind === 'int8' ? quantized.stored : table;
  const rows = cast(first(table.graph.apply('gatherRows', [stored, indices], {})), table.dataType);
  return reshape(rows, [elementCount(indices.shape), table.shape[1] as Dimension]);
}

/** The whole of a table that may be held in bfloat16, in the type that the graph computes in. */
export const widened = (table: Tensor): Tensor =>
  table.quantized?.kind === 'bfloat16' ? cast(table.quantized.values, table.dataType) : table;

/** Zeros [rows, width] to which `updates` [count, width] are added at `indices` [count, 1]. */
export const scatterRows = (updates: Tensor, indices: Tensor, rows: Dimension): Tensor =>
  first(updates.graph.apply('scatterRows', [updates, indices], { rows }));

export interface CrossEntropy {
  /** [1]: the sum over positions of weight times loss. */
  readonly loss: Tensor;
  /** [positions, 1]: each position's loss in nats. */
  readonly tokenLosses: Tensor;
}

/**
 * Cross-entropy of a language model's hidden states [positions, width] against its vocabulary matrix [vocabulary, width].
 * Gradients reach the hidden states only: the vocabulary is frozen.
 */
export function crossEntropy(hidden: Tensor, vocabulary: Tensor, targets: Tensor, weights: Tensor): CrossEntropy {
  const { graph } = hidden;
  const { quantized } = vocabulary;
  const losses =
    quantized?.kind === 'int8'
      ? graph.apply('int8CrossEntropy', [hidden, ...bothDirections(quantized, true), targets, weights], {})
      : graph.apply('crossEntropy', [hidden, widened(vocabulary), targets, weights], {});
  const [loss, tokenLosses] = losses as [Tensor, Tensor];
  return { loss, tokenLosses };
}

/** The same of logits [positions, vocabulary] that were changed after the output layer, with gradients to the logits. */
export function logitsCrossEntropy(logits: Tensor, targets: Tensor, weights: Tensor): CrossEntropy {
  const [loss, tokenLosses] = logits.graph.apply('logitsCrossEntropy', [logits, targets, weights], {}) as [
    Tensor,
    Tensor,
  ];
  return { loss, tokenLosses };
}

/** 1 where an element is among the `count` largest of the last axis, else 0; no gradient passes. */
export const topMask = (x: Tensor, count: number): Tensor => first(x.graph.apply('topMask', [x], { count }));

/** x in another element type. */
export const cast = (x: Tensor, to: DataType): Tensor =>
  x.dataType === to ? x : first(x.graph.apply('cast', [x], { to }));

/** A symbolic dimension's value as a tensor [1]. */
export const dimensionSize = (like: Tensor, dimension: Dimension): Tensor =>
  first(like.graph.apply('dimensionSize', [like], { dimension }));
