/** Reverse-mode differentiation: walks the tape back from a scalar and adds up what each tensor's users send it. */
import type { PrimitiveName } from './primitives.js';
import { gradientRules, type GradientContext } from './gradients.js';
import { add } from './operations.js';
import type { Application, Tensor } from './tensor.js';

/**
 * The gradients of `loss` [1] with respect to `parameters`, one tensor each, of the parameter's shape.
 * Throws where a parameter does not reach the loss.
 */
export function gradientsOf(loss: Tensor, parameters: readonly Tensor[]): Tensor[] {
  if (loss.shape.length !== 1 || loss.shape[0] !== 1) throw new Error('a loss has shape [1]');
  const { graph } = loss;
  const gradients = new Map<Tensor, Tensor>([[loss, graph.constant([1], [1])]]);
  for (const application of [...graph.applications].reverse()) {
    const outputGradients = application.outputs.map((output) => gradients.get(output) ?? null);
    if (outputGradients.every((gradient) => gradient === null)) continue;
    if (!application.inputs.some((input) => input.differentiable)) continue;
    inputGradients(application, outputGradients).forEach((gradient, index) => {
      const input = application.inputs[index] as Tensor;
      if (gradient === null || !input.differentiable) return;
      const known = gradients.get(input);
      gradients.set(input, known === undefined ? gradient : add(known, gradient));
    });
  }
  return parameters.map((parameter) => {
    const gradient = gradients.get(parameter);
    if (gradient === undefined) throw new Error(`the loss does not depend on ${parameter.name}`);
    return gradient;
  });
}

function inputGradients(application: Application, outputGradients: readonly (Tensor | null)[]): (Tensor | null)[] {
  const rule = gradientRules[application.primitive] as
    ((context: GradientContext<PrimitiveName>) => (Tensor | null)[]) | 'frozen';
  if (rule === 'frozen') return application.inputs.map(() => null);
  return rule({ ...application, outputGradients });
}
