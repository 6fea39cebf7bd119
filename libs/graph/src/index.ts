export type { ComputeType, DataType } from './data-type.js';
export { gradientsOf } from './differentiate.js';
export { addDimensions, elementCount, multiplyDimensions, type Dimension, type Shape } from './dimension.js';
export { emitModel } from './onnx/emitter.js';
export {
  add,
  broadcast,
  cast,
  concat,
  crossEntropy,
  dimensionSize,
  divide,
  gatherRows,
  gemm,
  matmul,
  multiply,
  reshape,
  rmsNormalize,
  rotate,
  scale,
  scatterRows,
  sigmoid,
  silu,
  softmax,
  split,
  subtract,
  sum,
  topMask,
  transpose,
  type CrossEntropy,
  type RotaryTables,
} from './operations.js';
export { dimensionOf, Graph, type Tensor, type WeightData } from './tensor.js';
