/** Shape and type inference: for every primitive the types of its outputs, or an error that names what does not fit. */
import type { DataType } from './data-type.js';
import {
  addDimensions,
  broadcastShapes,
  elementCount,
  formatShape,
  sameShape,
  type Dimension,
  type Shape,
} from './dimension.js';
import type { PrimitiveName, PrimitiveParameters } from './primitives.js';
import type { Tensor } from './tensor.js';

export interface TensorType {
  readonly shape: Shape;
  readonly dataType: DataType;
}

type ShapeRule<P extends PrimitiveName> = (
  inputs: readonly Tensor[],
  parameters: PrimitiveParameters[P],
) => TensorType[];

/** So many tensors. */
export type Tensors<N extends number, Some extends Tensor[] = []> = Some['length'] extends N
  ? Some
  : Tensors<N, [...Some, Tensor]>;

/** The inputs of a primitive that takes exactly `count` of them. */
export function exactly<N extends number>(operation: string, inputs: readonly Tensor[], count: N): Tensors<N> {
  if (inputs.length !== count) throw new Error(`${operation}: takes ${count} inputs, not ${inputs.length}`);
  return inputs as never;
}

function requireOneType(operation: string, [first, ...others]: readonly [Tensor, ...Tensor[]]): void {
  const other = others.find(({ dataType }) => dataType !== first.dataType);
  if (other !== undefined) throw new Error(`${operation}: types ${first.dataType} and ${other.dataType} differ`);
}

function requireAxis(operation: string, { shape }: Tensor, axis: number): void {
  if (shape[axis] === undefined) throw new Error(`${operation}: ${formatShape(shape)} has no axis ${axis}`);
}

const elementwise =
  (operation: string) =>
  (inputs: readonly Tensor[]): TensorType[] => {
    const [a, b] = exactly(operation, inputs, 2);
    requireOneType(operation, [a, b]);
    return [{ shape: broadcastShapes(operation, a.shape, b.shape), dataType: a.dataType }];
  };

const unary =
  (operation: string) =>
  (inputs: readonly Tensor[]): TensorType[] => {
    const [x] = exactly(operation, inputs, 1);
    return [{ shape: x.shape, dataType: x.dataType }];
  };

function productShape(operation: string, a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Dimension[] {
  const rank = a.shape.length;
  if (rank < 2 || b.shape.length !== rank || !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2))) {
    throw new Error(`${operation}: leading dimensions of ${formatShape(a.shape)} and ${formatShape(b.shape)} differ`);
  }
  const [rowsA, columnsA] = a.shape.slice(-2) as [Dimension, Dimension];
  const [rowsB, columnsB] = b.shape.slice(-2) as [Dimension, Dimension];
  const innerA = transposeA ? rowsA : columnsA;
  const innerB = transposeB ? columnsB : rowsB;
  if (innerA !== innerB) throw new Error(`${operation}: inner dimensions ${innerA} and ${innerB} differ`);
  return [...a.shape.slice(0, -2), transposeA ? columnsA : rowsA, transposeB ? rowsB : columnsB];
}

/** W in 8 bits for `x W` and for its gradient: values and scales of one direction, then of the other. */
function requireInt8Matrices(operation: string, x: Tensor, held: [Tensor, Tensor, Tensor, Tensor]): void {
  const [values, scales, backValues, backScales] = held;
  const [, inner] = matrix(operation, x);
  const [, columns] = matrix(operation, values);
  const fits =
    sameShape(values.shape, [inner, columns]) &&
    sameShape(scales.shape, [columns]) &&
    sameShape(backValues.shape, [columns, inner]) &&
    sameShape(backScales.shape, [inner]);
  if (fits) return;
  const shapes = held.map(({ shape }) => formatShape(shape)).join(', ');
  throw new Error(`${operation}: ${shapes} do not fit ${formatShape(x.shape)}`);
}

/** Targets and weights of a cross-entropy: one of each a position. */
function requireColumns(operation: string, positions: Dimension, targets: Tensor, weights: Tensor): void {
  if (sameShape(targets.shape, [positions, 1]) && sameShape(weights.shape, [positions, 1])) return;
  const [targetShape, weightShape] = [targets, weights].map(({ shape }) => formatShape(shape));
  throw new Error(`${operation}: targets ${targetShape}, weights ${weightShape} for ${positions} positions`);
}

/** The outputs of a cross-entropy. */
const losses = (positions: Dimension, words: Dimension, dataType: DataType): TensorType[] =>
  [[1], [positions, 1], [positions, words], [positions, 1]].map((shape) => ({ shape, dataType }));

function replaceAxis(shape: Shape, axis: number, dimension: Dimension): Dimension[] {
  return shape.map((old, index) => (index === axis ? dimension : old));
}

const matrix = (operation: string, tensor: Tensor): [Dimension, Dimension] => {
  if (tensor.shape.length !== 2) throw new Error(`${operation}: ${formatShape(tensor.shape)} is no matrix`);
  return tensor.shape as [Dimension, Dimension];
};

export const shapeRules: { [P in PrimitiveName]: ShapeRule<P> } = {
  add: elementwise('Add'),
  subtract: elementwise('Subtract'),
  multiply: elementwise('Multiply'),
  divide: elementwise('Divide'),
  scale: unary('Scale'),
  silu: unary('Silu'),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  relu: unary('Relu'),
  positiveMask: unary('PositiveMask'),
  exp: unary('Exp'),
  erf: unary('Erf'),
  softmax: unary('Softmax'),
  softmaxProduct: (inputs) => {
    const [scores, values] = exactly('SoftmaxProduct', inputs, 2);
    requireOneType('SoftmaxProduct', [scores, values]);
    const { dataType } = scores;
    return [
      { shape: productShape('SoftmaxProduct', scores, values, false, false), dataType },
      { shape: scores.shape, dataType },
    ];
  },

  rmsNormalize: (inputs) => {
    const [x, weight] = exactly('RmsNormalize', inputs, 2);
    const width = x.shape.at(-1);
    if (weight.shape.length !== 1 || weight.shape[0] !== width) {
      throw new Error(`RmsNormalize: weight ${formatShape(weight.shape)} does not fit ${formatShape(x.shape)}`);
    }
    return [
      { shape: x.shape, dataType: x.dataType },
      { shape: [...x.shape.slice(0, -1), 1], dataType: x.dataType },
    ];
  },

  layerNormalize: (inputs) => {
    const [x, weight, bias] = exactly('LayerNormalize', inputs, 3);
    const width = x.shape.at(-1);
    if (weight.shape.length !== 1 || weight.shape[0] !== width || !sameShape(weight.shape, bias.shape)) {
      throw new Error(
        `LayerNormalize: weight ${formatShape(weight.shape)} and bias ${formatShape(bias.shape)} do not fit ${formatShape(x.shape)}`,
      );
    }
    const column = { shape: [...x.shape.slice(0, -1), 1], dataType: x.dataType };
    return [{ shape: x.shape, dataType: x.dataType }, column, column];
  },

  rotate: (inputs, { heads }) => {
    const [x, positions, cosines, sines] = exactly('Rotate', inputs, 4);
    const width = x.shape.at(-1);
    const [, half] = matrix('Rotate', cosines);
    if (x.shape.length !== 3 || typeof width !== 'number' || typeof half !== 'number' || width !== heads * half * 2) {
      throw new Error(`Rotate: ${formatShape(x.shape)} does not hold ${heads} heads of 2 * ${half}`);
    }
    if (!sameShape(positions.shape, x.shape.slice(0, 2))) {
      throw new Error(`Rotate: positions ${formatShape(positions.shape)} do not fit ${formatShape(x.shape)}`);
    }
    if (!sameShape(cosines.shape, sines.shape))
      throw new Error(`Rotate: cosines ${formatShape(cosines.shape)} and sines ${formatShape(sines.shape)} differ`);
    return [{ shape: x.shape, dataType: x.dataType }];
  },

  matmul: (inputs, { transposeA, transposeB }) => {
    const [a, b] = exactly('MatMul', inputs, 2);
    requireOneType('MatMul', [a, b]);
    return [{ shape: productShape('MatMul', a, b, transposeA, transposeB), dataType: a.dataType }];
  },

  gemm: (inputs, { transposeA, transposeB }) => {
    const [a, b, c] = exactly('Gemm', inputs, 3);
    requireOneType('Gemm', [a, b, c]);
    matrix('Gemm', a);
    const shape = productShape('Gemm', a, b, transposeA, transposeB);
    if (!sameShape(shape, c.shape)) {
      throw new Error(`Gemm: the product is ${formatShape(shape)}, the addend ${formatShape(c.shape)}`);
    }
    return [{ shape, dataType: a.dataType }];
  },

  bfloat16Product: (inputs, { transposed }) => {
    const [x, weight] = exactly('Bfloat16Product', inputs, 2);
    const shape = productShape('Bfloat16Product', x, weight, false, transposed);
    return [{ shape, dataType: x.dataType }];
  },

  int8Product: (inputs) => {
    const [x, ...held] = exactly('Int8Product', inputs, 5);
    requireInt8Matrices('Int8Product', x, held);
    const [rows] = matrix('Int8Product', x);
    const [, columns] = matrix('Int8Product', held[0]);
    return [{ shape: [rows, columns], dataType: x.dataType }];
  },

  int4Product: (inputs, { transposed }) => {
    const [x, blocks, values, scales, zeroPoints] = exactly('Int4Product', inputs, 5);
    const [rows, inner] = matrix('Int4Product', x);
    const [height, width] = matrix('Int4Product', values);
    const fits =
      blocks.shape.length === 3 &&
      sameShape(scales.shape, blocks.shape.slice(0, 2)) &&
      sameShape(scales.shape, zeroPoints.shape) &&
      blocks.shape[0] === height &&
      inner === (transposed ? width : height);
    if (!fits) {
      throw new Error(
        `Int4Product: ${[blocks, values, scales, zeroPoints].map(({ shape }) => formatShape(shape)).join(', ')} do not fit ${formatShape(x.shape)}`,
      );
    }
    return [{ shape: [rows, transposed ? height : width], dataType: x.dataType }];
  },

  reshape: (inputs, { shape }) => {
    const [x] = exactly('Reshape', inputs, 1);
    const before = elementCount(x.shape);
    const after = elementCount(shape);
    if (before !== after) {
      throw new Error(`Reshape: ${formatShape(x.shape)} has ${before} elements, ${formatShape(shape)} ${after}`);
    }
    return [{ shape, dataType: x.dataType }];
  },

  transpose: (inputs, { permutation }) => {
    const [x] = exactly('Transpose', inputs, 1);
    if (permutation.length !== x.shape.length || new Set(permutation).size !== permutation.length) {
      throw new Error(`Transpose: [${permutation.join(', ')}] is no permutation of ${formatShape(x.shape)}`);
    }
    for (const axis of permutation) requireAxis('Transpose', x, axis);
    return [{ shape: permutation.map((axis) => x.shape[axis] as Dimension), dataType: x.dataType }];
  },

  concat: (inputs, { axis }) => {
    const [first, ...others] = inputs;
    if (first === undefined) throw new Error('Concat: takes at least one input');
    requireOneType('Concat', [first, ...others]);
    for (const input of inputs) {
      requireAxis('Concat', input, axis);
      if (!sameShape(replaceAxis(input.shape, axis, 0), replaceAxis(first.shape, axis, 0))) {
        throw new Error(
          `Concat: ${formatShape(first.shape)} and ${formatShape(input.shape)} differ beside axis ${axis}`,
        );
      }
    }
    const total = inputs.map((input) => input.shape[axis] as Dimension).reduce(addDimensions);
    return [{ shape: replaceAxis(first.shape, axis, total), dataType: first.dataType }];
  },

  split: (inputs, { axis, sizes }) => {
    const [x] = exactly('Split', inputs, 1);
    requireAxis('Split', x, axis);
    const total = sizes.reduce<Dimension>(addDimensions, 0);
    if (total !== x.shape[axis]) throw new Error(`Split: sizes add up to ${total}, axis ${axis} has ${x.shape[axis]}`);
    return sizes.map((size) => ({ shape: replaceAxis(x.shape, axis, size), dataType: x.dataType }));
  },

  sum: (inputs, { axes }) => {
    const [x] = exactly('Sum', inputs, 1);
    for (const axis of axes) requireAxis('Sum', x, axis);
    return [{ shape: x.shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension)), dataType: x.dataType }];
  },

  broadcast: (inputs, { shape }) => {
    const [x] = exactly('Broadcast', inputs, 1);
    const target = broadcastShapes('Broadcast', x.shape, shape);
    if (!sameShape(target, shape))
      throw new Error(`Broadcast: ${formatShape(x.shape)} does not grow to ${formatShape(shape)}`);
    return [{ shape, dataType: x.dataType }];
  },

  gatherRows: (inputs) => {
    const [table, indices] = exactly('GatherRows', inputs, 2);
    const [, width] = matrix('GatherRows', table);
    return [{ shape: [...indices.shape, width], dataType: table.dataType }];
  },

  scatterRows: (inputs, { rows }) => {
    const [updates, indices] = exactly('ScatterRows', inputs, 2);
    const [count, width] = matrix('ScatterRows', updates);
    if (!sameShape(indices.shape, [count, 1])) {
      throw new Error(`ScatterRows: ${formatShape(indices.shape)} indices for ${count} rows, not one column`);
    }
    return [{ shape: [rows, width], dataType: updates.dataType }];
  },

  crossEntropy: (inputs) => {
    const [hidden, vocabulary, targets, weights] = exactly('CrossEntropy', inputs, 4);
    const [words] = matrix('CrossEntropy', vocabulary);
    const [positions] = productShape('CrossEntropy', hidden, vocabulary, false, true) as [Dimension];
    requireColumns('CrossEntropy', positions, targets, weights);
    return losses(positions, words, hidden.dataType);
  },

  crossEntropyGradient: (inputs) => {
    const [exponentials, , vocabulary, , weights] = exactly('CrossEntropyGradient', inputs, 6);
    const [positions] = matrix('CrossEntropyGradient', weights);
    const [, width] = matrix('CrossEntropyGradient', vocabulary);
    return [{ shape: [positions, width], dataType: exponentials.dataType }];
  },

  int8CrossEntropy: (inputs) => {
    const [hidden, values, scales, backValues, backScales, targets, weights] = exactly('Int8CrossEntropy', inputs, 7);
    requireInt8Matrices('Int8CrossEntropy', hidden, [values, scales, backValues, backScales]);
    const [positions] = matrix('Int8CrossEntropy', hidden);
    const [, words] = matrix('Int8CrossEntropy', values);
    requireColumns('Int8CrossEntropy', positions, targets, weights);
    return losses(positions, words, hidden.dataType);
  },

  int8CrossEntropyGradient: (inputs) => {
    const [exponentials, , values, , , weights] = exactly('Int8CrossEntropyGradient', inputs, 7);
    const [positions] = matrix('Int8CrossEntropyGradient', weights);
    const [, width] = matrix('Int8CrossEntropyGradient', values);
    return [{ shape: [positions, width], dataType: exponentials.dataType }];
  },

  logitsCrossEntropy: (inputs) => {
    const [logits, targets, weights] = exactly('LogitsCrossEntropy', inputs, 3);
    const [positions, words] = matrix('LogitsCrossEntropy', logits);
    requireColumns('LogitsCrossEntropy', positions, targets, weights);
    return losses(positions, words, logits.dataType);
  },

  logitsCrossEntropyGradient: (inputs) => {
    const [exponentials] = exactly('LogitsCrossEntropyGradient', inputs, 5);
    return [{ shape: exponentials.shape, dataType: exponentials.dataType }];
  },

  topMask: (inputs, { count }) => {
    const [x] = exactly('TopMask', inputs, 1);
    const width = x.shape.at(-1);
    if (typeof width === 'number' && count > width) throw new Error(`TopMask: ${count} of ${width} elements`);
    return [{ shape: x.shape, dataType: x.dataType }];
  },

  cast: (inputs, { to }) => {
    const [x] = exactly('Cast', inputs, 1);
    return [{ shape: x.shape, dataType: to }];
  },

  dimensionSize: (inputs) => {
    const [like] = exactly('DimensionSize', inputs, 1);
    return [{ shape: [1], dataType: like.graph.computeType }];
  },
};
