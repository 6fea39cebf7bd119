/**
 * Emission: for every primitive the ONNX nodes that compute it. In float32 the fused kernels of ONNX Runtime are used
 * where they exist (domain com.microsoft, and SimplifiedLayerNormalization); float64, which checks gradients, has none.
 */
import { onnxTypeNumber } from '../data-type.js';
import type { Dimension, Shape } from '../dimension.js';
import type { PrimitiveName } from '../primitives.js';
import type { Application, Tensor } from '../tensor.js';
import type { Emitter } from './emitter.js';
import type { OnnxAttribute } from './model.js';
import {
  emitCrossEntropy,
  emitCrossEntropyGradient,
  emitInt8CrossEntropy,
  emitInt8CrossEntropyGradient,
  emitLogitsCrossEntropy,
  emitLogitsCrossEntropyGradient,
} from './cross-entropy.js';
import { emitBfloat16Product, emitInt4Product, emitInt8Product } from './quantized-products.js';

type EmissionRule<P extends PrimitiveName> = (emitter: Emitter, application: Application<P>) => void;

const names = (tensors: readonly Tensor[]): string[] => tensors.map(({ name }) => name);

const direct =
  (operator: string, attributes: Record<string, OnnxAttribute> = {}) =>
  (emitter: Emitter, { inputs, outputs }: Application): void =>
    emitter.write(operator, names(inputs), outputs, { attributes });

function swapLastAxes(emitter: Emitter, tensor: Tensor): string {
  const axes = tensor.shape.map((_, axis) => axis);
  const permutation = [...axes.slice(0, -2), axes.length - 1, axes.length - 2];
  const shape = permutation.map((axis) => tensor.shape[axis] as Dimension);
  return emitter.value('Transpose', [tensor.name], shape, tensor.dataType, {
    attributes: { perm: { ints: permutation } },
  });
}

/** Gemm for matrices; FusedMatMul with leading axes where it is there, else Transpose, MatMul and Mul. */
function emitProduct(emitter: Emitter, { inputs, outputs, parameters }: Application<'matmul'>): void {
  const [a, b] = inputs as [Tensor, Tensor];
  const [output] = outputs as [Tensor];
  const { transposeA, transposeB, alpha } = parameters;
  const transposes = { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) } };
  if (output.shape.length === 2) {
    emitter.write('Gemm', [a.name, b.name], [output], { attributes: { ...transposes, alpha: { float: alpha } } });
  } else if (emitter.has('FusedMatMul')) {
    const attributes = { ...transposes, alpha: { float: alpha } };
    emitter.write('FusedMatMul', [a.name, b.name], [output], { attributes, domain: 'com.microsoft' });
  } else {
    const left = transposeA ? swapLastAxes(emitter, a) : a.name;
    const right = transposeB ? swapLastAxes(emitter, b) : b.name;
    if (alpha === 1) return emitter.write('MatMul', [left, right], [output]);
    const product = emitter.value('MatMul', [left, right], output.shape, output.dataType);
    emitter.write('Mul', [product, emitter.floats([alpha], [])], [output]);
  }
}

function emitRmsNormalize(emitter: Emitter, { inputs, outputs, parameters }: Application<'rmsNormalize'>): void {
  const [x, weight] = inputs as [Tensor, Tensor];
  const [y, inverse] = outputs as [Tensor, Tensor];
  if (emitter.has('SimplifiedLayerNormalization')) {
    const attributes = { axis: { int: -1 }, epsilon: { float: parameters.epsilon }, stash_type: { int: 1 } };
    emitter.write('SimplifiedLayerNormalization', [x.name, weight.name], [y, inverse], { attributes });
    return;
  }
  const square = emitter.value('Mul', [x.name, x.name], x.shape, x.dataType);
  const mean = emitter.value('ReduceMean', [square, emitter.integers([-1])], inverse.shape, x.dataType, {
    attributes: { keepdims: { int: 1 } },
  });
  const shifted = emitter.value('Add', [mean, emitter.floats([parameters.epsilon], [])], inverse.shape, x.dataType);
  const root = emitter.value('Sqrt', [shifted], inverse.shape, x.dataType);
  emitter.write('Reciprocal', [root], [inverse]);
  const normalised = emitter.value('Mul', [x.name, inverse.name], x.shape, x.dataType);
  emitter.write('Mul', [normalised, weight.name], [y]);
}

function emitLayerNormalize(emitter: Emitter, { inputs, outputs, parameters }: Application<'layerNormalize'>): void {
  const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor];
  const [y, mean, inverse] = outputs as [Tensor, Tensor, Tensor];
  if (emitter.has('LayerNormalization')) {
    const attributes = { axis: { int: -1 }, epsilon: { float: parameters.epsilon } };
    emitter.write('LayerNormalization', names(inputs), outputs, { attributes });
    return;
  }
  const keep = { attributes: { keepdims: { int: 1 } } };
  const lastAxis = emitter.integers([-1]);
  emitter.write('ReduceMean', [x.name, lastAxis], [mean], keep);
  const centred = emitter.value('Sub', [x.name, mean.name], x.shape, x.dataType);
  const square = emitter.value('Mul', [centred, centred], x.shape, x.dataType);
  const variance = emitter.value('ReduceMean', [square, lastAxis], mean.shape, x.dataType, keep);
  const shifted = emitter.value('Add', [variance, emitter.floats([parameters.epsilon], [])], mean.shape, x.dataType);
  emitter.write('Reciprocal', [emitter.value('Sqrt', [shifted], mean.shape, x.dataType)], [inverse]);
  const normal = emitter.value('Mul', [centred, inverse.name], x.shape, x.dataType);
  emitter.write('Add', [emitter.value('Mul', [normal, weight.name], x.shape, x.dataType), bias.name], [y]);
}

function emitRotate(emitter: Emitter, { inputs, outputs, parameters }: Application<'rotate'>): void {
  const [x, positions, cosines, sines] = inputs as [Tensor, Tensor, Tensor, Tensor];
  const [output] = outputs as [Tensor];
  const [batch, time, width] = x.shape as [Dimension, Dimension, number];
  const half = width / parameters.heads / 2;
  const { dataType } = x;
  const tableShape = sines.shape;
  const negated = (): string => emitter.value('Neg', [sines.name], tableShape, dataType);
  const sine = parameters.inverse ? emitter.once(`negated ${sines.name}`, negated) : sines.name;
  if (emitter.has('RotaryEmbedding')) {
    emitter.write('RotaryEmbedding', [x.name, positions.name, cosines.name, sine], [output], {
      domain: 'com.microsoft',
    });
    return;
  }
  const rows = (table: string): string => {
    const gathered = emitter.value('Gather', [table, positions.name], [batch, time, half], dataType);
    return emitter.value('Unsqueeze', [gathered, emitter.integers([2])], [batch, time, 1, half], dataType);
  };
  const shape: Shape = [batch, time, parameters.heads, half];
  const heads = emitter.value(
    'Reshape',
    [x.name, emitter.shapeVector([batch, time, parameters.heads, 2 * half])],
    [batch, time, parameters.heads, 2 * half],
    dataType,
  );
  const slice = (from: number, to: number): string =>
    emitter.value(
      'Slice',
      [heads, emitter.integers([from]), emitter.integers([to]), emitter.integers([3])],
      shape,
      dataType,
    );
  const [first, second, cosine, rotation] = [slice(0, half), slice(half, 2 * half), rows(cosines.name), rows(sine)];
  const times = (a: string, b: string): string => emitter.value('Mul', [a, b], shape, dataType);
  const left = emitter.value('Sub', [times(first, cosine), times(second, rotation)], shape, dataType);
  const right = emitter.value('Add', [times(second, cosine), times(first, rotation)], shape, dataType);
  const joined = emitter.value('Concat', [left, right], [batch, time, parameters.heads, 2 * half], dataType, {
    attributes: { axis: { int: 3 } },
  });
  emitter.write('Reshape', [joined, emitter.shapeVector(output.shape)], [output]);
}

/** In float64, which has no kernel for it, the Maclaurin series: exact to rounding for |x| < 2. */
function emitErf(emitter: Emitter, { inputs, outputs }: Application<'erf'>): void {
  const [x] = inputs as [Tensor];
  if (emitter.has('Erf')) {
    emitter.write('Erf', [x.name], outputs);
    return;
  }
  const scalar = (value: number): string => emitter.floats([value], []);
  const combine = (operator: string, a: string, b: string): string =>
    emitter.value(operator, [a, b], x.shape, x.dataType);
  const square = combine('Mul', x.name, x.name);
  let power = combine('Mul', x.name, scalar(2 / Math.sqrt(Math.PI)));
  let total = power;
  for (let term = 1; term <= 30; term += 1) {
    power = combine('Mul', combine('Mul', power, square), scalar(-1 / term));
    total = combine('Add', total, combine('Mul', power, scalar(1 / (2 * term + 1))));
  }
  emitter.write('Identity', [total], outputs);
}

function emitTopMask(emitter: Emitter, { inputs, outputs, parameters }: Application<'topMask'>): void {
  const [x] = inputs as [Tensor];
  const [output] = outputs as [Tensor];
  const picked: Shape = [...x.shape.slice(0, -1), parameters.count];
  const zeros = emitter.value('Mul', [x.name, emitter.floats([0], [])], x.shape, x.dataType);
  const values = `${output.name}_values`;
  const indices = `${output.name}_indices`;
  emitter.write(
    'TopK',
    [x.name, emitter.integers([parameters.count])],
    [
      { ...output, name: values, shape: picked },
      { ...output, name: indices, shape: picked, dataType: 'int64' },
    ],
    { attributes: { axis: { int: -1 }, largest: { int: 1 }, sorted: { int: 0 } } },
  );
  const none = emitter.value('Mul', [values, emitter.floats([0], [])], picked, x.dataType);
  const ones = emitter.value('Add', [none, emitter.floats([1], [])], picked, x.dataType);
  emitter.write('ScatterElements', [zeros, indices, ones], [output], { attributes: { axis: { int: -1 } } });
}

function emitSilu(emitter: Emitter, { inputs, outputs }: Application<'silu'>): void {
  const [x] = inputs as [Tensor];
  if (emitter.has('QuickGelu')) {
    emitter.write('QuickGelu', [x.name], outputs, { attributes: { alpha: { float: 1 } }, domain: 'com.microsoft' });
    return;
  }
  const gate = emitter.value('Sigmoid', [x.name], x.shape, x.dataType);
  emitter.write('Mul', [x.name, gate], outputs);
}

function emitScatterRows(emitter: Emitter, { inputs, outputs, parameters }: Application<'scatterRows'>): void {
  const [updates, indices] = inputs as [Tensor, Tensor];
  const [output] = outputs as [Tensor];
  const zeros = emitter.value(
    'Expand',
    [emitter.floats([0], [1, 1]), emitter.shapeVector([parameters.rows, output.shape[1] as Dimension])],
    output.shape,
    output.dataType,
  );
  // the accumulating form of ScatterND: an index that occurs twice adds both rows
  emitter.write('ScatterND', [zeros, indices.name, updates.name], [output], {
    attributes: { reduction: { string: 'add' } },
  });
}

export const emissionRules: { [P in PrimitiveName]: EmissionRule<P> } = {
  add: direct('Add'),
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('Div'),
  scale: (emitter, { inputs, outputs, parameters }) =>
    emitter.write('Mul', [...names(inputs), emitter.floats([parameters.factor], [])], outputs),
  silu: emitSilu,
  sigmoid: direct('Sigmoid'),
  tanh: direct('Tanh'),
  relu: direct('Relu'),
  positiveMask: (emitter, { inputs, outputs }) => {
    const [x] = inputs as [Tensor];
    const above = emitter.value('Greater', [x.name, emitter.floats([0], [])], x.shape, 'bool');
    emitter.write('Cast', [above], outputs, { attributes: { to: { int: onnxTypeNumber[emitter.computeType] } } });
  },
  exp: direct('Exp'),
  erf: emitErf,
  softmax: direct('Softmax', { axis: { int: -1 } }),
  softmaxProduct: (emitter, { inputs: [scores, values], outputs: [product, weights] }) => {
    emitter.write('Softmax', [(scores as Tensor).name], [weights as Tensor], { attributes: { axis: { int: -1 } } });
    emitter.write('MatMul', names([weights as Tensor, values as Tensor]), [product as Tensor]);
  },
  rmsNormalize: emitRmsNormalize,
  layerNormalize: emitLayerNormalize,
  rotate: emitRotate,
  matmul: emitProduct,
  gemm: (emitter, { inputs, outputs, parameters: { transposeA, transposeB, alpha } }) =>
    emitter.write('Gemm', names(inputs), outputs, {
      attributes: { transA: { int: Number(transposeA) }, transB: { int: Number(transposeB) }, alpha: { float: alpha } },
    }),
  bfloat16Product: emitBfloat16Product,
  int8Product: emitInt8Product,
  int4Product: emitInt4Product,
  reshape: (emitter, { inputs, outputs, parameters }) =>
    emitter.write('Reshape', [...names(inputs), emitter.reshapeVector(parameters.shape)], outputs),
  transpose: (emitter, { inputs, outputs, parameters }) =>
    emitter.write('Transpose', names(inputs), outputs, { attributes: { perm: { ints: parameters.permutation } } }),
  concat: (emitter, { inputs, outputs, parameters }) =>
    emitter.write('Concat', names(inputs), outputs, { attributes: { axis: { int: parameters.axis } } }),
  split: (emitter, { inputs, outputs, parameters: { axis, sizes } }) =>
    emitter.write('Split', [...names(inputs), emitter.shapeVector(sizes)], outputs, {
      attributes: { axis: { int: axis } },
    }),
  sum: (emitter, { inputs, outputs, parameters }) =>
    emitter.write('ReduceSum', [...names(inputs), emitter.integers(parameters.axes)], outputs, {
      attributes: { keepdims: { int: 1 } },
    }),
  broadcast: (emitter, { inputs, outputs, parameters }) =>
    emitter.write('Expand', [...names(inputs), emitter.shapeVector(parameters.shape)], outputs),
  gatherRows: direct('Gather', { axis: { int: 0 } }),
  scatterRows: emitScatterRows,
  crossEntropy: emitCrossEntropy,
  crossEntropyGradient: emitCrossEntropyGradient,
  int8CrossEntropy: emitInt8CrossEntropy,
  int8CrossEntropyGradient: emitInt8CrossEntropyGradient,
  logitsCrossEntropy: emitLogitsCrossEntropy,
  logitsCrossEntropyGradient: emitLogitsCrossEntropyGradient,
  topMask: emitTopMask,
  cast: (emitter, { inputs, outputs, parameters }) =>
    emitter.write('Cast', names(inputs), outputs, { attributes: { to: { int: onnxTypeNumber[parameters.to] } } }),
  dimensionSize: (emitter, { outputs, parameters }) =>
    emitter.write('Identity', [emitter.dimensionSize(parameters.dimension)], outputs),
};
