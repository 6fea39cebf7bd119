/** Reverse-mode differentiation: walks the tape back from a scalar and adds up what each tensor's users send it. */
import { formatShape } from './dimension.js';
import type { PrimitiveName } from './primitives.js';
import { gradientRules, type GradientContext } from './gradients.js';
import { add, gatherRows, multiply, reshape, sum } from './operations.js';
import type { Application, Block, Tensor } from './tensor.js';

export interface DifferentiationOptions {
  /**
   * Activation checkpointing (Chen et al. 2016): of the graph's blocks only the input is kept, and what is inside is computed
   * again when the gradient arrives. A tensor [1] that is zero at every run; none to keep all activations.
   */
  readonly recomputeWith?: Tensor;
}

/**
 * The gradients of `loss` [1] with respect to `parameters`, one tensor each, of the parameter's shape.
 * Throws where a parameter does not reach the loss.
 */
export function gradientsOf(
  loss: Tensor,
  parameters: readonly Tensor[],
  { recomputeWith }: DifferentiationOptions = {},
): Tensor[] {
  if (loss.shape.length !== 1 || loss.shape[0] !== 1)
    throw new Error(`a loss has shape [1], not ${formatShape(loss.shape)}`);
  const { graph } = loss;
  const gradients = new Gradients();
  gradients.add(loss, graph.constant([1], [1]));
  const tape = [...graph.applications];
  const blocks = recomputeWith === undefined ? [] : graph.blocks;
  let end = tape.length;
  for (const block of [...blocks].reverse()) {
    walkBack(tape.slice(block.end, end), gradients);
    if (recomputeWith !== undefined) walkBackRecomputed(tape, block, gradients, recomputeWith);
    end = block.start;
  }
  walkBack(tape.slice(0, end), gradients);
  return parameters.map((parameter) => {
    const gradient = gradients.of(parameter);
    if (gradient === null) throw new Error(`the loss does not depend on ${parameter.name}`);
    return gradient;
  });
}

class Gradients {
  private readonly known = new Map<Tensor, Tensor>();

  of(tensor: Tensor): Tensor | null {
    return this.known.get(tensor) ?? null;
  }

  add(tensor: Tensor, gradient: Tensor): void {
    const known = this.known.get(tensor);
    this.known.set(tensor, known === undefined ? gradient : add(known, gradient));
  }
}

function walkBack(tape: readonly Application[], gradients: Gradients): void {
  for (const application of [...tape].reverse()) {
    const outputGradients = application.outputs.map((output) => gradients.of(output));
    if (outputGradients.every((gradient) => gradient === null)) continue;
    if (!application.inputs.some((input) => input.differentiable)) continue;
    inputGradients(application, outputGradients).forEach((gradient, index) => {
      const input = application.inputs[index] as Tensor;
      if (gradient !== null && input.differentiable) gradients.add(input, gradient);
    });
  }
}

function inputGradients(application: Application, outputGradients: readonly (Tensor | null)[]): (Tensor | null)[] {
  const rule = gradientRules[application.primitive] as
    ((context: GradientContext<PrimitiveName>) => (Tensor | null)[]) | 'zero' | 'unsupported';
  if (rule === 'unsupported') throw new Error(`${application.primitive}: has no gradient of its own`);
  if (rule === 'zero') return application.inputs.map(() => null);
  return rule({ ...application, outputGradients });
}

/** Applies a block a second time, on its input, and walks back through that copy instead. */
function walkBackRecomputed(tape: readonly Application[], block: Block, gradients: Gradients, zero: Tensor): void {
  const applications = tape.slice(block.start, block.end);
  const arrived = applications
    .flatMap(({ outputs }) => outputs)
    .flatMap((output) => {
      const gradient = gradients.of(output);
      return gradient === null ? [] : [{ output, gradient }];
    });
  const last = arrived.at(-1);
  if (last === undefined) return;
  const { graph } = zero;
  const input = startAfter(block.input, last.gradient, zero);
  const copies = new Map<Tensor, Tensor>([[block.input, input]]);
  const copy = (tensor: Tensor): Tensor => copies.get(tensor) ?? tensor;
  const start = graph.applications.length;
  for (const { primitive, inputs, outputs, parameters } of applications) {
    graph.apply(primitive, inputs.map(copy), parameters).forEach((output, index) => {
      copies.set(outputs[index] as Tensor, output);
    });
  }
  const recomputed = graph.applications.slice(start);
  for (const { output, gradient } of arrived) gradients.add(copy(output), gradient);
  walkBack(recomputed, gradients);
  const inputGradient = gradients.of(input);
  if (inputGradient !== null && block.input.differentiable) gradients.add(block.input, inputGradient);
}

/**
 * The same tensor, but not before `gradient` is there: else the runtime would compute the copy early, or share it with the
 * first, and keep what checkpointing is there to let go.
 */
function startAfter(tensor: Tensor, gradient: Tensor, zero: Tensor): Tensor {
  const row = gatherRows(gradient, gradient.graph.integers([0]));
  return add(tensor, multiply(reshape(sum(row, [1]), [1]), zero));
}
