/**
 * Worked cases of every primitive, for the tests that walk this table: gradients against finite differences in float64, and
 * float32 kernels against float64. The table is total: a primitive without a case does not compile.
 */
import type { PrimitiveName, PrimitiveParameters } from './primitives.js';

export interface CaseInput {
  readonly shape: readonly number[];
  /** Whole numbers below this bound instead of reals: indices. */
  readonly indicesBelow?: number;
  /** Positive reals only, away from zero: divisors. */
  readonly positive?: boolean;
  /** An input that the primitive takes no gradient of. */
  readonly frozen?: boolean;
}

export interface PrimitiveCase<P extends PrimitiveName> {
  readonly title: string;
  readonly inputs: readonly CaseInput[];
  readonly parameters: PrimitiveParameters[P];
  /** The outputs that carry gradient; all of them when left out. */
  readonly differentiableOutputs?: readonly number[];
}

const real = (...shape: number[]): CaseInput => ({ shape });
const frozen = (...shape: number[]): CaseInput => ({ shape, frozen: true });
const indices = (indicesBelow: number, ...shape: number[]): CaseInput => ({ shape, indicesBelow, frozen: true });

const broadcasting = [
  { title: 'equal shapes', inputs: [real(2, 3), real(2, 3)], parameters: {} },
  { title: 'a row', inputs: [real(2, 3), real(3)], parameters: {} },
  { title: 'a column and a scalar axis', inputs: [real(1, 3), real(2, 4, 1)], parameters: {} },
];
const onePlace = (title: string) => [{ title, inputs: [real(3, 4)], parameters: {} }];

const products = [
  { transposeA: false, transposeB: false },
  { transposeA: false, transposeB: true },
  { transposeA: true, transposeB: false },
  { transposeA: true, transposeB: true },
].map((transposes) => ({
  title: `${transposes.transposeA ? 'A^T' : 'A'} ${transposes.transposeB ? 'B^T' : 'B'}`,
  a: transposes.transposeA ? [4, 2] : [2, 4],
  b: transposes.transposeB ? [3, 4] : [4, 3],
  parameters: { ...transposes, alpha: 0.7 },
}));

export const primitiveCases: { readonly [P in PrimitiveName]: readonly PrimitiveCase<P>[] } = {
  add: broadcasting,
  subtract: broadcasting,
  multiply: broadcasting,
  divide: [
    { title: 'equal shapes', inputs: [real(2, 3), { shape: [2, 3], positive: true }], parameters: {} },
    { title: 'a broadcast divisor', inputs: [real(2, 3), { shape: [2, 1], positive: true }], parameters: {} },
  ],
  scale: [{ title: 'a factor', inputs: [real(2, 3)], parameters: { factor: -1.5 } }],
  silu: onePlace('both signs'),
  sigmoid: onePlace('both signs'),
  tanh: onePlace('both signs'),
  relu: onePlace('both signs'),
  positiveMask: [{ title: 'both signs', inputs: [frozen(3, 4)], parameters: {} }],
  exp: onePlace('both signs'),
  erf: onePlace('both signs'),
  softmax: onePlace('rows'),
  softmaxProduct: [
    { title: 'heads', inputs: [real(2, 3, 4), real(2, 4, 5)], parameters: {}, differentiableOutputs: [0] },
  ],
  rmsNormalize: [
    { title: 'rows', inputs: [real(3, 8), real(8)], parameters: { epsilon: 1e-5 }, differentiableOutputs: [0] },
    { title: 'a sequence', inputs: [real(2, 2, 8), real(8)], parameters: { epsilon: 0.1 }, differentiableOutputs: [0] },
  ],
  layerNormalize: [
    {
      title: 'rows',
      inputs: [real(3, 8), real(8), real(8)],
      parameters: { epsilon: 1e-5 },
      differentiableOutputs: [0],
    },
  ],
  rotate: [
    {
      title: 'forward',
      inputs: [real(2, 3, 16), indices(5, 2, 3), frozen(5, 4), frozen(5, 4)],
      parameters: { heads: 2, inverse: false },
    },
    {
      title: 'inverse',
      inputs: [real(2, 3, 16), indices(5, 2, 3), frozen(5, 4), frozen(5, 4)],
      parameters: { heads: 2, inverse: true },
    },
  ],
  matmul: [
    ...products.map(({ title, a, b, parameters }) => ({ title, inputs: [real(...a), real(...b)], parameters })),
    ...products.map(({ title, a, b, parameters }) => ({
      title: `batched ${title}`,
      inputs: [real(2, 2, ...a), real(2, 2, ...b)],
      parameters,
    })),
  ],
  gemm: products.map(({ title, a, b, parameters }) => ({
    title,
    inputs: [real(...a), real(...b), real(2, 3)],
    parameters,
  })),
  // their weights are no inputs of a run: quantized-products.unit.spec.ts
  bfloat16Product: [],
  int8Product: [],
  int4Product: [],
  reshape: [{ title: 'a fold', inputs: [real(2, 6)], parameters: { shape: [3, 2, 2] } }],
  transpose: [{ title: 'three axes', inputs: [real(2, 3, 4)], parameters: { permutation: [2, 0, 1] } }],
  concat: [{ title: 'unequal parts', inputs: [real(2, 3), real(2, 1)], parameters: { axis: 1 } }],
  split: [
    { title: 'all parts used', inputs: [real(2, 5)], parameters: { axis: 1, sizes: [3, 2] } },
    {
      title: 'one part unused',
      inputs: [real(5, 2)],
      parameters: { axis: 0, sizes: [3, 2] },
      differentiableOutputs: [1],
    },
  ],
  sum: [{ title: 'two axes', inputs: [real(2, 3, 4)], parameters: { axes: [0, 2] } }],
  broadcast: [{ title: 'a new axis', inputs: [real(3, 1)], parameters: { shape: [2, 3, 4] } }],
  gatherRows: [{ title: 'a row twice', inputs: [real(4, 3), indices(3, 6, 1)], parameters: {} }],
  scatterRows: [{ title: 'a row twice', inputs: [real(6, 3), indices(3, 6, 1)], parameters: { rows: 4 } }],
  crossEntropy: [
    {
      title: 'weighted positions',
      inputs: [real(4, 5), frozen(7, 5), indices(7, 4, 1), frozen(4, 1)],
      parameters: {},
      differentiableOutputs: [0],
    },
  ],
  crossEntropyGradient: [
    {
      title: 'weighted positions',
      inputs: [frozen(4, 7), frozen(4, 1), frozen(7, 5), indices(7, 4, 1), frozen(4, 1), frozen(4, 1)],
      parameters: {},
    },
  ],
  int8CrossEntropy: [],
  int8CrossEntropyGradient: [],
  logitsCrossEntropy: [
    {
      title: 'weighted positions',
      inputs: [real(4, 7), indices(7, 4, 1), frozen(4, 1)],
      parameters: {},
      differentiableOutputs: [0],
    },
  ],
  logitsCrossEntropyGradient: [
    {
      title: 'weighted positions',
      inputs: [frozen(4, 7), frozen(4, 1), indices(7, 4, 1), frozen(4, 1), frozen(4, 1)],
      parameters: {},
    },
  ],
  topMask: [{ title: 'two of five', inputs: [frozen(3, 5)], parameters: { count: 2 } }],
  cast: [{ title: 'to the same range', inputs: [real(3, 5)], parameters: { to: 'float64' } }],
  dimensionSize: [{ title: 'a number', inputs: [frozen(3, 5)], parameters: { dimension: 5 } }],
};
