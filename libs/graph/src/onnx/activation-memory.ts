/** How much memory a model's intermediate results take at their worst, worked out from the graph before anything runs. */
import { bytesOf } from '../data-type.js';
import type { Shape } from '../dimension.js';
import { valueOf } from './dimension-inputs.js';
import type { OnnxGraph } from './model.js';

/** These hand their first input's memory on. */
const aliasing = new Set(['Reshape', 'Identity', 'Unsqueeze']);

/**
 * The largest number of bytes that inputs, intermediate results and outputs hold at the same time, if the nodes run in their order
 * and a result is let go after its last use. `symbols` are the values of the graph's symbolic dimensions. Weights do not count.
 */
export function peakActivationBytes(graph: OnnxGraph, symbols: ReadonlyMap<string, number>): number {
  const sizes = new Map<string, number>();
  for (const { name, shape, dataType } of [...graph.inputs, ...graph.outputs, ...graph.intermediates]) {
    sizes.set(name, Math.ceil(elements(shape, symbols) * bytesOf[dataType]));
  }
  const owners = memoryOwners(graph);
  const owner = (name: string): string => owners.get(name) ?? name;
  const lastUse = new Map<string, number>();
  graph.nodes.forEach(({ inputs, outputs }, index) => {
    for (const name of [...inputs, ...outputs]) lastUse.set(owner(name), index);
  });
  for (const { name } of graph.outputs) lastUse.set(owner(name), Infinity);
  let held = graph.inputs.reduce((sum, { name }) => sum + (sizes.get(name) ?? 0), 0);
  let peak = held;
  graph.nodes.forEach(({ inputs, outputs }, index) => {
    for (const name of outputs) if (owner(name) === name) held += sizes.get(name) ?? 0;
    peak = Math.max(peak, held);
    for (const name of new Set([...inputs, ...outputs].map(owner))) {
      if (lastUse.get(name) === index) held -= sizes.get(name) ?? 0;
    }
  });
  return peak;
}

/** Whose memory a result lies in, where it is not its own. */
function memoryOwners(graph: OnnxGraph): ReadonlyMap<string, string> {
  const weights = new Set(graph.initializers.map(({ name }) => name));
  const owners = new Map<string, string>();
  for (const { operator, inputs, outputs } of graph.nodes) {
    const [input] = inputs;
    const [output] = outputs;
    if (!aliasing.has(operator) || input === undefined || output === undefined || weights.has(input)) continue;
    owners.set(output, owners.get(input) ?? input);
  }
  return owners;
}

function elements(shape: Shape, symbols: ReadonlyMap<string, number>): number {
  return shape.reduce<number>((product, dimension) => product * valueOf(dimension, symbols), 1);
}
