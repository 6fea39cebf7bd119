/** What ONNX Runtime's execution providers lack: emission then writes an operator out in others. */

export type ExecutionProvider = 'cpu' | 'cuda' | 'webgpu';

/** Operators that can be written out. */
export type FusedOperator = 'FusedMatMul' | 'SimplifiedLayerNormalization';

export const lackedOperators: Readonly<Record<ExecutionProvider, readonly FusedOperator[]>> = {
  cpu: [],
  cuda: [],
  // 1.30 has a kernel of SimplifiedLayerNormalization, which gives the mean in place of the inverse deviation
  webgpu: ['FusedMatMul', 'SimplifiedLayerNormalization'],
};
