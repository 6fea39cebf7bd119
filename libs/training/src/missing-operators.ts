/** Which of a model's operators a device has no kernel for. */
import { operatorModels, type ExecutionProvider, type emitGraph } from '@fedamole/graph';
import { InferenceSession } from 'onnxruntime-node';
import { sessionOptions } from './session-options.js';

/** Thrown where a device lacks operators of a model: nothing is computed elsewhere in their stead. */
export class MissingOperatorsError extends Error {
  override readonly name = 'MissingOperatorsError';

  constructor(
    readonly device: ExecutionProvider,
    readonly operators: readonly string[],
  ) {
    super(`${device} has no kernel for ${operators.join('; ')}; this model needs another device`);
  }
}

/** Each with its types and how many nodes of the graph are like it. Asks ONNX Runtime, one operator at a time. */
export async function missingOperators(
  graph: ReturnType<typeof emitGraph>,
  device: ExecutionProvider,
): Promise<string[]> {
  const missing: string[] = [];
  for (const { operator, nodes, model } of operatorModels(graph)) {
    if (!(await runsOn(model, device))) missing.push(`${operator} (${nodes} ${nodes === 1 ? 'node' : 'nodes'})`);
  }
  return missing;
}

async function runsOn(model: Uint8Array, device: ExecutionProvider): Promise<boolean> {
  try {
    const session = await InferenceSession.create(model, {
      ...sessionOptions(device),
      graphOptimizationLevel: 'disabled',
    });
    await session.release();
    return true;
  } catch (error) {
    if (isLeftToTheCpu(error)) return false;
    throw error;
  }
}

/** ONNX Runtime has no error code for it. */
const isLeftToTheCpu = (error: unknown): boolean => String(error).includes('assigned to the default CPU EP');
