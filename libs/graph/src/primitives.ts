/**
 * The primitives of the graph and their parameters. Every transform of the graph (shape inference, differentiation, ONNX
 * emission) is one table over these names, and each table is total: a primitive without a rule does not compile.
 */
import type { Shape, Dimension } from './dimension.js';
import type { DataType } from './data-type.js';

export interface PrimitiveParameters {
  /** Element by element, with numpy's broadcasting. */
  add: object;
  subtract: object;
  multiply: object;
  divide: object;
  /** `x * factor` */
  scale: { factor: number };
  /** `x * sigmoid(x)` */
  silu: object;
  sigmoid: object;
  tanh: object;
  relu: object;
  /** 1 where an element is above 0, else 0. */
  positiveMask: object;
  exp: object;
  /** The error function. */
  erf: object;
  /** Over the last axis. */
  softmax: object;
  /**
   * Attention's mixture of values: inputs scores [..., rows, columns] and values [..., columns, width]; outputs softmax(scores) times
   * values [..., rows, width], and the weights softmax(scores), which take no gradient from elsewhere.
   */
  softmaxProduct: object;
  /** `x / sqrt(mean(x^2) + epsilon) * weight` over the last axis; outputs that, and the inverse root. */
  rmsNormalize: { epsilon: number };
  /** `(x - mean) / sqrt(variance + epsilon) * weight + bias` over the last axis; outputs that, the mean and the inverse root. */
  layerNormalize: { epsilon: number };
  /** Rotary position embedding of [batch, time, heads * width]; inputs x, positions [batch, time], cosines and sines [positions, width / 2]. */
  rotate: { heads: number; inverse: boolean };
  /** `alpha * A B` over the last two axes, each transposed on request; leading axes equal. */
  matmul: { transposeA: boolean; transposeB: boolean; alpha: number };
  /** `C + alpha * A B` for matrices. */
  gemm: { transposeA: boolean; transposeB: boolean; alpha: number };
  /** `x W^T` (or `x W` unless transposed) with a frozen bfloat16 W, widened for this one product; inputs x and W. */
  bfloat16Product: { transposed: boolean };
  /**
   * `x W` with a frozen W held in 8 bits; inputs x [rows, inner], W as int8 [inner, columns] with a scale a column
   * [columns], and W^T likewise [columns, inner] with scales [inner], which the gradient multiplies by.
   */
  int8Product: object;
  /**
   * `x W^T` (or `x W` unless transposed) with a frozen W [rows, inner] held in blocks of 4 bits; inputs x, W's bytes as
   * uint8 [rows, blocks, block / 2] and as uint4 [rows, inner], its scales [rows, blocks] and zero points uint4 [rows, blocks].
   */
  int4Product: { transposed: boolean };
  reshape: { shape: Shape };
  transpose: { permutation: readonly number[] };
  concat: { axis: number };
  split: { axis: number; sizes: readonly Dimension[] };
  /** Sums over `axes`, which stay as dimensions of size 1. */
  sum: { axes: readonly number[] };
  /** Repeats dimensions of size 1 up to `shape`. */
  broadcast: { shape: Shape };
  /** Rows of a matrix [rows, width] by indices of any shape: [...indices, width]. */
  gatherRows: object;
  /** Adds updates [count, width] into zeros [rows, width] by a column of indices [count, 1]. */
  scatterRows: { rows: Dimension };
  /**
   * Cross-entropy of hidden states [positions, width] against a vocabulary matrix [vocabulary, width]: inputs hidden,
   * vocabulary, targets [positions, 1], weights [positions, 1]; outputs the weighted sum of the losses [1], the loss of each
   * position [positions, 1], exp(logit - the largest of its position) [positions, vocabulary] and the sums of these [positions, 1].
   */
  crossEntropy: object;
  /**
   * The gradient of its first output with respect to the hidden states [positions, width]: inputs exponentials, sums, the vocabulary
   * matrix, targets, weights, and the losses [positions, 1], which change nothing but are computed before it.
   */
  crossEntropyGradient: object;
  /**
   * `crossEntropy` with a vocabulary held in 8 bits: inputs hidden, W^T as int8 [width, vocabulary] with scales [vocabulary], W as
   * int8 [vocabulary, width] with scales [width], targets, weights; outputs as those of `crossEntropy`.
   */
  int8CrossEntropy: object;
  /** Likewise: inputs exponentials, sums, W as int8 [vocabulary, width] with scales [width], targets, weights, losses. */
  int8CrossEntropyGradient: object;
  /**
   * Cross-entropy of logits [positions, vocabulary] that were changed after the output layer: inputs logits, targets [positions, 1],
   * weights [positions, 1]; outputs as those of `crossEntropy`.
   */
  logitsCrossEntropy: object;
  /** Likewise with respect to the logits [positions, vocabulary]: inputs exponentials, sums, targets, weights, losses. */
  logitsCrossEntropyGradient: object;
  /** 1 where an element is among the `count` largest of the last axis, else 0. */
  topMask: { count: number };
  /** Another element type; through one that is neither float32 nor float64 no gradient passes. */
  cast: { to: DataType };
  /** A symbolic dimension's value as a tensor of one float. */
  dimensionSize: { dimension: Dimension };
}

export type PrimitiveName = keyof PrimitiveParameters;
