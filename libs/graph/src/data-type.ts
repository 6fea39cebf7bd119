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

/** Bytes of one element; two of uint4 share one. */
export const bytesOf: Readonly<Record<DataType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
  float64: 8,
  bfloat16: 2,
  uint4: 0.5,
};

/** The types that a graph computes in: float32 in production, float64 to check gradients. */
export type ComputeType = 'float32' | 'float64';
