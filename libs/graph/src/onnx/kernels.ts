/** What ONNX Runtime's execution providers lack: emission then writes an operator out in others. */

export type ExecutionProvider = 'cpu' | 'cuda' | 'webgpu';

/** Operators that emission can write out in others: in float64, where none of them has a kernel, and where a provider lacks one. */
export type FusedOperator =
  'Erf' | 'FusedMatMul' | 'LayerNormalization' | 'QuickGelu' | 'RotaryEmbedding' | 'SimplifiedLayerNormalization';

export const lackedOperators: Readonly<Record<ExecutionProvider, readonly FusedOperator[]>> = {
  cpu: [],
  cuda: [],
  // 1.30 has a kernel of SimplifiedLayerNormalization, which gives the mean in place of the inverse deviation
  webgpu: ['FusedMatMul', 'SimplifiedLayerNormalization'],
};
