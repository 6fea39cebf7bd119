/** What a session of ONNX Runtime is told of the device that it is for. */
import type { ExecutionProvider } from '@fedamole/graph';
import { env, type InferenceSession } from 'onnxruntime-node';

// what it would print it also throws
env.logLevel = 'fatal';

/** On a device other than the CPU no part of the model may be left to the CPU: such a session is refused. */
export function sessionOptions(
  device: ExecutionProvider,
  session: Readonly<Record<string, string>> = {},
  optimization: Readonly<Record<string, string>> = {},
): InferenceSession.SessionOptions {
  const strict = device === 'cpu' ? {} : { disable_cpu_ep_fallback: '1' };
  // NVIDIA's libraries round factors of float32 to 10 bits unless this says otherwise before they are loaded; it is the whole
  // process's, and a worker thread cannot set it
  if (device === 'cuda') process.env['NVIDIA_TF32_OVERRIDE'] ??= '0';
  return {
    executionProviders: [device],
    logSeverityLevel: 4,
    extra: { session: { ...session, ...strict }, optimization },
  };
}
