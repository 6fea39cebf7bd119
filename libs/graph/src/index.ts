export type { ComputeType, DataType } from './data-type.js';
export { gradientsOf } from './differentiate.js';
export { addDimensions, elementCount, multiplyDimensions, termsOf, type Dimension, type Shape } from './dimension.js';
export { peakActivationBytes } from './onnx/activation-memory.js';
export { bindSymbols, dimensionInput, type DimensionInput, type FedShape } from './onnx/dimension-inputs.js';
export { emitGraph, emitModel, type GraphOutputs } from './onnx/emitter.js';
export type { ExecutionProvider } from './onnx/kernels.js';
export { encodeModel } from './onnx/model.js';
export { operatorModels, type OperatorModel } from './onnx/operator-models.js';
export {
  add,
  cast,
  concat,
  crossEntropy,
  dimensionSize,
  divide,
  gatherRows,
  gelu,
  geluTanh,
  gemm,
  layerNormalize,
  logitsCrossEntropy,
  matmul,
  multiply,
  relu,
  reshape,
  rmsNormalize,
  rotate,
  scale,
  silu,
  softCap,
  softmax,
  softmaxProduct,
  split,
  subtract,
  sum,
  tanh,
  topMask,
  transpose,
  widened,
  type CrossEntropy,
  type RotaryTables,
} from './operations.js';
export type { Int4Weight, Int8Weight, QuantizedWeight } from './quantized.js';
export { dimensionOf, Graph, type Tensor, type WeightData } from './tensor.js';
