/** Cross-entropy of a language model and its gradient, with a vocabulary in the graph's type or in 8 bits. */
import { multiplyDimensions, type Dimension, type Shape } from '../dimension.js';
import type { Tensors } from '../shapes.js';
import type { Application, Tensor } from '../tensor.js';
import type { Emitter } from './emitter.js';
import { int8ProductValue, integerProduct } from './quantized-products.js';

export function emitCrossEntropy(emitter: Emitter, { inputs, outputs }: Application<'crossEntropy'>): void {
  const [hidden, vocabulary, targets, weights] = inputs as [Tensor, Tensor, Tensor, Tensor];
  const [, , { shape }] = outputs as [Tensor, Tensor, Tensor];
  const logits = emitter.value('Gemm', [hidden.name, vocabulary.name], shape, hidden.dataType, {
    attributes: { transB: { int: 1 } },
  });
  emitLosses(emitter, logits, targets, weights, outputs);
}

export function emitInt8CrossEntropy(emitter: Emitter, { inputs, outputs }: Application<'int8CrossEntropy'>): void {
  const [hidden, values, scales, , , targets, weights] = inputs as [Tensor, Tensor, Tensor, ...Tensor[]];
  const [, , { shape }] = outputs as [Tensor, Tensor, Tensor];
  const logits = int8ProductValue(emitter, hidden, values, scales, shape);
  emitLosses(emitter, logits, targets as Tensor, weights as Tensor, outputs);
}

export function emitLogitsCrossEntropy(emitter: Emitter, { inputs, outputs }: Application<'logitsCrossEntropy'>): void {
  const [logits, targets, weights] = inputs as [Tensor, Tensor, Tensor];
  emitLosses(emitter, logits.name, targets, weights, outputs);
}

/**
 * log(sum(exp(x - max))) - (x - max)[target]. Of all that is as large as the logits only one is held at a time: each takes the
 * place of the one before it.
 */
function emitLosses(
  emitter: Emitter,
  logits: string,
  targets: Tensor,
  weights: Tensor,
  outputs: readonly Tensor[],
): void {
  const [loss, tokenLosses, exponentials, totals] = outputs as [Tensor, Tensor, Tensor, Tensor];
  const { dataType } = loss;
  const column = tokenLosses.shape;
  const [positions] = column as [Dimension];
  const largest = emitter.column('ReduceMax', logits, positions);
  const shifted = emitter.value('Sub', [logits, largest], exponentials.shape, dataType);
  emitter.write('Exp', [shifted], [exponentials]);
  emitter.write('Identity', [emitter.column('ReduceSum', exponentials.name, positions)], [totals]);
  const logarithms = emitter.value('Log', [totals.name], column, dataType);
  // of a node's inputs ONNX Runtime computes first what was written last: this one, before Exp takes the place of what it reads
  const chosen = emitter.value('GatherElements', [shifted, targets.name], column, dataType, {
    attributes: { axis: { int: 1 } },
  });
  emitter.write('Sub', [logarithms, chosen], [tokenLosses]);
  const weighted = emitter.value('Mul', [tokenLosses.name, weights.name], column, dataType);
  const total = emitter.value('ReduceSum', [weighted, emitter.integers([0])], [1, 1], dataType, {
    attributes: { keepdims: { int: 1 } },
  });
  emitter.write('Reshape', [total, emitter.integers([1])], [loss]);
}

/** (softmax V - V[target]) * weight: no scatter over the vocabulary. */
export function emitCrossEntropyGradient(
  emitter: Emitter,
  { inputs, outputs }: Application<'crossEntropyGradient'>,
): void {
  const [exponentials, totals, vocabulary, targets, ...scaling] = inputs as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const [{ shape, dataType }] = outputs as [Tensor];
  const sums = emitter.value('Gemm', [exponentials.name, vocabulary.name], shape, dataType);
  const rows = emitter.value('Gather', [vocabulary.name, targets.name], rowsShape(targets, shape), dataType);
  emitDirection(emitter, sums, rows, [totals, ...scaling], outputs);
}

/** Of exp(x - max), which is at most 1, in 8 bits around 128; and of what rounding to it leaves, at most half of it to either side. */
const HIGH_STEP = 1 / 127;
const LOW_STEP = HIGH_STEP / 2 / 127;

/**
 * The same in exact products of integers. 8 bits of exp(x - max) would keep nothing of the thousands of words that are some hundred
 * times less likely than the likeliest one; so what rounding leaves of it is rounded to 8 bits once more. Both are multiplied at
 * once, one below the other: the kernel is faster with more rows.
 */
export function emitInt8CrossEntropyGradient(
  emitter: Emitter,
  { inputs, outputs }: Application<'int8CrossEntropyGradient'>,
): void {
  const [exponentials, totals, values, scales, targets, weights, losses] = inputs as Tensors<7>;
  const [{ name, shape, dataType }] = outputs as Tensors<1>;
  const [positions, width] = shape as [Dimension, number];
  const [words, zero, axis] = [exponentials.shape, emitter.byte(128), { attributes: { axis: { int: 0 } } }];
  const [highStep, lowStep] = [emitter.floats([HIGH_STEP], []), emitter.floats([LOW_STEP], [])];
  const high = emitter.value('QuantizeLinear', [exponentials.name, highStep, zero], words, 'uint8');
  const kept = emitter.value('DequantizeLinear', [high, highStep, zero], words, dataType);
  const left = emitter.value('Sub', [exponentials.name, kept], words, dataType);
  const low = emitter.value('QuantizeLinear', [left, lowStep, zero], words, 'uint8');

  const twice = multiplyDimensions(2, positions);
  const both = emitter.value('Concat', [high, low], [twice, words[1] as Dimension], 'uint8', axis);
  const product = integerProduct(emitter, both, zero, values, scales, [twice, width]);
  const halves = [`${name}_high`, `${name}_low`].map((half) => ({ name: half, shape, dataType }));
  emitter.write('Split', [product, emitter.shapeVector([positions, positions])], halves, axis);
  const [highs, lows] = halves.map((half, index) =>
    emitter.value('Mul', [half.name, index === 0 ? highStep : lowStep], shape, dataType),
  ) as [string, string];
  const sums = emitter.value('Add', [highs, lows], shape, dataType);
  // of the same rounded matrix: where the target is certain, nothing is left
  const gathered = emitter.value('Gather', [values.name, targets.name], rowsShape(targets, shape), 'int8');
  const rows = emitter.value('DequantizeLinear', [gathered, scales.name], rowsShape(targets, shape), dataType, {
    attributes: { axis: { int: 2 } },
  });
  emitDirection(emitter, sums, rows, [totals, weights, losses], outputs);
}

const rowsShape = (targets: Tensor, [, width]: Shape): Shape => [...targets.shape, width as Dimension];

/** (sums / totals - rows) * weights */
function emitDirection(
  emitter: Emitter,
  sums: string,
  rows: string,
  [totals, weights, losses]: readonly [Tensor, Tensor, Tensor],
  outputs: readonly Tensor[],
): void {
  const [{ shape, dataType }] = outputs as [Tensor];
  const expected = emitter.value('Div', [sums, totals.name], shape, dataType);
  const chosen = emitter.value('Reshape', [rows, emitter.reshapeVector(shape)], shape, dataType);
  const difference = emitter.value('Sub', [expected, chosen], shape, dataType);
  emitter.write('Mul', [difference, afterLosses(emitter, weights, losses)], outputs);
}

/**
 * The weights, once the losses are known. Of a node's inputs ONNX Runtime computes first what was written last: the losses, which
 * would else be left for later and keep what is as large as the logits.
 */
function afterLosses(emitter: Emitter, weights: Tensor, losses: Tensor): string {
  const nothing = emitter.value('Mul', [losses.name, emitter.floats([0], [])], losses.shape, losses.dataType);
  return emitter.value('Add', [weights.name, nothing], weights.shape, weights.dataType);
}

/** (softmax - 1 at the target) * weight [positions, words]. */
export function emitLogitsCrossEntropyGradient(
  emitter: Emitter,
  { inputs, outputs }: Application<'logitsCrossEntropyGradient'>,
): void {
  const [exponentials, totals, targets, weights, losses] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
  const { shape, dataType } = exponentials;
  const probabilities = emitter.value('Div', [exponentials.name, totals.name], shape, dataType);
  const none = emitter.value('Mul', [weights.name, emitter.floats([0], [])], weights.shape, dataType);
  const minusOne = emitter.value('Sub', [none, emitter.floats([1], [])], weights.shape, dataType);
  const difference = emitter.value('ScatterElements', [probabilities, targets.name, minusOne], shape, dataType, {
    attributes: { axis: { int: 1 }, reduction: { string: 'add' } },
  });
  emitter.write('Mul', [difference, afterLosses(emitter, weights, losses)], outputs);
}
