/**
 * Reverse-mode rules: for every primitive the gradients of its inputs, given those of its outputs. The rules are written
 * in the graph's own operations, so a gradient is a graph like any other. `zero` says that the derivative is zero everywhere,
 * `unsupported` that nobody has written it: a loss that would need it is refused.
 */
import { formatShape, type Dimension, type Shape } from './dimension.js';
import {
  add,
  broadcast,
  cast,
  concat,
  divide,
  exp,
  gatherRows,
  matmul,
  multiply,
  reshape,
  rotate,
  scale,
  scatterRows,
  sigmoid,
  split,
  subtract,
  sum,
  transpose,
} from './operations.js';
import type { PrimitiveName, PrimitiveParameters } from './primitives.js';
import { exactly } from './shapes.js';
import { dimensionOf, type Tensor } from './tensor.js';

export interface GradientContext<P extends PrimitiveName> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly parameters: PrimitiveParameters[P];
  /** Null where nothing that the loss depends on used that output. */
  readonly outputGradients: readonly (Tensor | null)[];
}

/** One gradient an input; null where the input needs none. A rule is only asked when some input is differentiable. */
type GradientRule<P extends PrimitiveName> = (context: GradientContext<P>) => (Tensor | null)[];

/** Sums a gradient over the axes along which an operand was broadcast. */
function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  const offset = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dimension, axis) => {
    const original = axis < offset ? 1 : shape[axis - offset];
    return original === 1 && dimension !== 1 ? [axis] : [];
  });
  return reshape(sum(gradient, axes), shape);
}

/** Calls `make` only for an operand that wants a gradient, and fits the result to that operand's shape. */
const wanted = (operand: Tensor, make: () => Tensor): Tensor | null =>
  operand.differentiable ? unbroadcast(make(), operand.shape) : null;

const unsupported = (operation: string, input: Tensor, role: string): null => {
  if (input.differentiable) throw new Error(`${operation}: has no gradient for its ${role} (${input.name})`);
  return null;
};

/** The gradient of the first output, where the others serve the primitive's own gradient alone. */
function gradientOfFirst(operation: string, [first, ...others]: readonly (Tensor | null)[]): Tensor {
  if (others.some((gradient) => gradient !== null))
    throw new Error(`${operation}: only its first output has a gradient`);
  return first as Tensor;
}

interface Operands {
  readonly inputs: [Tensor, Tensor];
  readonly outputs: [Tensor];
  readonly outputGradients: [Tensor];
}

const last = (x: Tensor): number => x.shape.length - 1;

/** Gradients of `alpha * A B` with either factor transposed, for both factors. */
function productGradients(
  a: Tensor,
  b: Tensor,
  gradient: Tensor,
  { transposeA, transposeB, alpha }: PrimitiveParameters['matmul'],
): (Tensor | null)[] {
  const gradientA = () =>
    transposeA
      ? matmul(b, gradient, { transposeA: transposeB, transposeB: true, alpha })
      : matmul(gradient, b, { transposeB: !transposeB, alpha });
  const gradientB = () =>
    transposeB
      ? matmul(gradient, a, { transposeA: true, transposeB: transposeA, alpha })
      : matmul(a, gradient, { transposeA: !transposeA, alpha });
  return [a.differentiable ? gradientA() : null, b.differentiable ? gradientB() : null];
}

export const gradientRules: { [P in PrimitiveName]: GradientRule<P> | 'zero' | 'unsupported' } = {
  add: (context) => {
    const { inputs, outputGradients } = context as unknown as Operands;
    return inputs.map((input) => wanted(input, () => outputGradients[0]));
  },
  subtract: (context) => {
    const { inputs, outputGradients } = context as unknown as Operands;
    return [wanted(inputs[0], () => outputGradients[0]), wanted(inputs[1], () => scale(outputGradients[0], -1))];
  },
  multiply: (context) => {
    const { inputs, outputGradients } = context as unknown as Operands;
    const [a, b] = inputs;
    return [wanted(a, () => multiply(outputGradients[0], b)), wanted(b, () => multiply(outputGradients[0], a))];
  },
  divide: (context) => {
    const { inputs, outputs, outputGradients } = context as unknown as Operands;
    const [a, b] = inputs;
    const quotient = divide(outputGradients[0], b);
    return [wanted(a, () => quotient), wanted(b, () => scale(multiply(quotient, outputs[0]), -1))];
  },
  scale: ({ outputGradients: [gradient], parameters }) => [scale(gradient as Tensor, parameters.factor)],

  // silu' = s + x s (1 - s), with s = sigmoid(x) and x s the output
  silu: ({ inputs: [x], outputs: [y], outputGradients: [gradient] }) => {
    const gate = sigmoid(x as Tensor);
    const slope = subtract(add(gate, y as Tensor), multiply(y as Tensor, gate));
    return [multiply(gradient as Tensor, slope)];
  },
  sigmoid: ({ outputs: [y], outputGradients: [gradient] }) => {
    const slope = subtract(y as Tensor, multiply(y as Tensor, y as Tensor));
    return [multiply(gradient as Tensor, slope)];
  },
  tanh: ({ outputs: [y], outputGradients: [gradient] }) => {
    const square = multiply(y as Tensor, y as Tensor);
    return [subtract(gradient as Tensor, multiply(gradient as Tensor, square))];
  },
  // 1 where y > 0: the sign of the output
  relu: ({ inputs: [x], outputs: [y], outputGradients: [gradient] }) => {
    const [positive] = (x as Tensor).graph.apply('positiveMask', [y as Tensor], {}) as [Tensor];
    return [multiply(gradient as Tensor, positive)];
  },
  exp: ({ outputs: [y], outputGradients: [gradient] }) => [multiply(gradient as Tensor, y as Tensor)],
  // erf' = 2 / sqrt(pi) exp(-x^2)
  erf: ({ inputs: [x], outputGradients: [gradient] }) => {
    const slope = exp(scale(multiply(x as Tensor, x as Tensor), -1));
    return [scale(multiply(gradient as Tensor, slope), 2 / Math.sqrt(Math.PI))];
  },
  softmax: ({ outputs, outputGradients }) => {
    const [y] = outputs as [Tensor];
    const weighted = multiply(outputGradients[0] as Tensor, y);
    return [subtract(weighted, multiply(y, sum(weighted, [last(y)])))];
  },
  // O = P V with P = softmax(S): dS = P (dP - the rows' sums of dP P), which are those of the narrower dO O (Dao et al. 2022, appendix B)
  softmaxProduct: ({ inputs, outputs, outputGradients }) => {
    const [scores, values] = inputs as [Tensor, Tensor];
    const [product, weights] = outputs as [Tensor, Tensor];
    const gradient = gradientOfFirst('SoftmaxProduct', outputGradients);
    const ofScores = (): Tensor => {
      const rowSums = sum(multiply(gradient, product), [last(product)]);
      return multiply(weights, subtract(matmul(gradient, values, { transposeB: true }), rowSums));
    };
    return [wanted(scores, ofScores), wanted(values, () => matmul(weights, gradient, { transposeA: true }))];
  },

  // y = x v w with v = (mean(x^2) + epsilon)^-1/2: dx = v (dy w - x v^2 mean(dy w x)), dw = sum of dy x v over the rows
  rmsNormalize: ({ inputs, outputs, outputGradients }) => {
    const [x, weight] = inputs as [Tensor, Tensor];
    const inverse = outputs[1] as Tensor;
    const gradient = gradientOfFirst('RmsNormalize', outputGradients);
    const width = dimensionOf(x, -1);
    if (typeof width !== 'number') throw new Error(`RmsNormalize: its width ${width} is symbolic`);
    const weighted = multiply(gradient, weight);
    const gradientX = () => {
      const mean = scale(sum(multiply(weighted, x), [last(x)]), 1 / width);
      return multiply(subtract(weighted, multiply(x, multiply(multiply(inverse, inverse), mean))), inverse);
    };
    return [wanted(x, gradientX), wanted(weight, () => multiply(gradient, multiply(x, inverse)))];
  },

  // n = (x - m) v, y = n w + b: dx = v (g - mean(g) - n mean(g n)) with g = dy w, dw = sum of dy n, db = sum of dy
  layerNormalize: ({ inputs, outputs, outputGradients }) => {
    const [x, weight, bias] = inputs as [Tensor, Tensor, Tensor];
    const [, mean, inverse] = outputs as [Tensor, Tensor, Tensor];
    const gradient = gradientOfFirst('LayerNormalize', outputGradients);
    const width = dimensionOf(x, -1);
    if (typeof width !== 'number') throw new Error(`LayerNormalize: its width ${width} is symbolic`);
    const normal = multiply(subtract(x, mean), inverse);
    const gradientX = () => {
      const weighted = multiply(gradient, weight);
      const average = (tensor: Tensor): Tensor => scale(sum(tensor, [last(x)]), 1 / width);
      const centred = subtract(weighted, average(weighted));
      return multiply(subtract(centred, multiply(normal, average(multiply(weighted, normal)))), inverse);
    };
    return [wanted(x, gradientX), wanted(weight, () => multiply(gradient, normal)), wanted(bias, () => gradient)];
  },

  // a rotation's transpose is the rotation by the opposite angles
  rotate: ({ inputs, outputGradients, parameters }) => {
    const [, positions, cosines, sines] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const gradient = rotate(
      outputGradients[0] as Tensor,
      positions,
      { cosines, sines },
      parameters.heads,
      !parameters.inverse,
    );
    return [gradient, null, unsupported('Rotate', cosines, 'cosines'), unsupported('Rotate', sines, 'sines')];
  },

  matmul: ({ inputs, outputGradients, parameters }) => {
    const [a, b] = inputs as [Tensor, Tensor];
    return productGradients(a, b, outputGradients[0] as Tensor, parameters);
  },
  gemm: ({ inputs, outputGradients, parameters }) => {
    const [a, b, c] = inputs as [Tensor, Tensor, Tensor];
    const gradient = outputGradients[0] as Tensor;
    return [...productGradients(a, b, gradient, parameters), c.differentiable ? gradient : null];
  },

  // the same matrix the other way round
  bfloat16Product: ({ inputs: [x, weight], outputGradients: [gradient], parameters: { transposed } }) => {
    const [back] = (x as Tensor).graph.apply('bfloat16Product', [gradient as Tensor, weight as Tensor], {
      transposed: !transposed,
    }) as [Tensor];
    return [back, null];
  },
  int8Product: ({ inputs, outputGradients: [gradient] }) => {
    const [, values, scales, backValues, backScales] = inputs as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const [back] = values.graph.apply(
      'int8Product',
      [gradient as Tensor, backValues, backScales, values, scales],
      {},
    ) as [Tensor];
    return [back, null, null, null, null];
  },
  int4Product: ({ inputs: [x, ...weight], outputGradients: [gradient], parameters: { transposed } }) => {
    const [back] = (x as Tensor).graph.apply('int4Product', [gradient as Tensor, ...weight], {
      transposed: !transposed,
    }) as [Tensor];
    return [back, null, null, null, null];
  },

  reshape: ({ inputs: [x], outputGradients: [gradient] }) => [reshape(gradient as Tensor, (x as Tensor).shape)],
  transpose: ({ outputGradients: [gradient], parameters: { permutation } }) => {
    const inverse = permutation.map((_, axis) => permutation.indexOf(axis));
    return [transpose(gradient as Tensor, inverse)];
  },
  concat: ({ inputs, outputGradients: [gradient], parameters: { axis } }) => {
    const parts = split(
      gradient as Tensor,
      axis,
      inputs.map((input) => dimensionOf(input, axis)),
    );
    return parts.map((part, index) => ((inputs[index] as Tensor).differentiable ? part : null));
  },
  split: ({ outputs, outputGradients, parameters: { axis } }) => {
    const parts = outputs.map((output, index) => outputGradients[index] ?? scale(output, 0));
    return [concat(parts, axis)];
  },
  sum: ({ inputs: [x], outputGradients: [gradient] }) => [broadcast(gradient as Tensor, (x as Tensor).shape)],
  broadcast: ({ inputs: [x], outputGradients: [gradient] }) => [unbroadcast(gradient as Tensor, (x as Tensor).shape)],

  gatherRows: ({ inputs, outputGradients: [gradient] }) => {
    const [table, indices] = inputs as [Tensor, Tensor];
    const [rows, width] = table.shape as [Dimension, Dimension];
    if (indices.shape.length !== 2 || indices.shape[1] !== 1)
      throw new Error(
        `GatherRows: a differentiable table wants a column of indices, not ${formatShape(indices.shape)}`,
      );
    return [scatterRows(reshape(gradient as Tensor, [indices.shape[0] as Dimension, width]), indices, rows), null];
  },
  scatterRows: ({ inputs, outputGradients: [gradient] }) => [gatherRows(gradient as Tensor, inputs[1] as Tensor), null],

  crossEntropy: ({ inputs, outputs, outputGradients }) => {
    const [{ graph }, vocabulary, targets, weights] = inputs as [Tensor, Tensor, Tensor, Tensor];
    const [, losses, exponentials, totals] = outputs as [Tensor, Tensor, Tensor, Tensor];
    const sources = [exponentials, totals, vocabulary, targets, weights, losses];
    const [direction] = graph.apply('crossEntropyGradient', sources, {}) as [Tensor];
    return [
      multiply(direction, gradientOfFirst('CrossEntropy', outputGradients)),
      unsupported('CrossEntropy', vocabulary, 'vocabulary'),
      null,
      unsupported('CrossEntropy', weights, 'weights'),
    ];
  },
  crossEntropyGradient: 'unsupported',
  int8CrossEntropy: ({ inputs, outputs, outputGradients }) => {
    const [{ graph }, , , values, scales, targets, weights] = exactly('Int8CrossEntropy', inputs, 7);
    const [, losses, exponentials, totals] = outputs as [Tensor, Tensor, Tensor, Tensor];
    const sources = [exponentials, totals, values, scales, targets, weights, losses];
    const [direction] = graph.apply('int8CrossEntropyGradient', sources, {}) as [Tensor];
    const hidden = multiply(direction, gradientOfFirst('Int8CrossEntropy', outputGradients));
    return [hidden, null, null, null, null, null, unsupported('Int8CrossEntropy', weights, 'weights')];
  },
  int8CrossEntropyGradient: 'unsupported',
  logitsCrossEntropy: ({ inputs, outputs, outputGradients }) => {
    const [{ graph }, targets, weights] = inputs as [Tensor, Tensor, Tensor];
    const [, losses, exponentials, totals] = outputs as [Tensor, Tensor, Tensor, Tensor];
    const sources = [exponentials, totals, targets, weights, losses];
    const [direction] = graph.apply('logitsCrossEntropyGradient', sources, {}) as [Tensor];
    const logits = multiply(direction, gradientOfFirst('LogitsCrossEntropy', outputGradients));
    return [logits, null, unsupported('LogitsCrossEntropy', weights, 'weights')];
  },
  logitsCrossEntropyGradient: 'unsupported',
  positiveMask: 'zero',
  topMask: 'zero',
  cast: ({ inputs: [x], outputGradients: [gradient] }) => [cast(gradient as Tensor, (x as Tensor).dataType)],
  dimensionSize: 'zero',
};
