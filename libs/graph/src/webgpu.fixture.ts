/** For suites that run on WebGPU: on hardware, or on the software Vulkan device that VK_DRIVER_FILES names. */
import { describe } from '@jest/globals';
import { InferenceSession } from 'onnxruntime-node';
import { emitModel } from './onnx/emitter.js';
import { Graph } from './tensor.js';

/** A model for WebGPU; what it has no kernel for is not moved to the CPU, but refused. */
export function webgpuSession(model: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: ['webgpu'],
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
}

/** A suite that is skipped, with the reason in its title, where there is no WebGPU device; with CI=true it then fails. */
export async function describeOnWebgpu(title: string, suite: () => void): Promise<void> {
  const graph = new Graph('float32');
  const problem = await webgpuSession(emitModel(graph, { y: graph.input('x', [1]) })).then(
    async (session) => {
      await session.release();
      return null;
    },
    (error: unknown) => String(error),
  );
  if (problem === null || process.env['CI'] === 'true') describe(title, suite);
  else describe.skip(`${title} (skipped: ${problem})`, suite);
}
