/** Element types of tensors, with ONNX's numbers for them (onnx.proto, TensorProto.DataType). */
export const onnxTypeNumber = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
  uint4: 21,
} as const;

export type DataType = keyof typeof onnxTypeNumber;

/** The types that a graph computes in: float32 in production, float64 to check gradients. */
export type ComputeType = 'float32' | 'float64';
