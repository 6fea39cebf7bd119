/** One-node models that ask an execution provider, operator by operator, for its kernels. */
import type { Shape } from '../dimension.js';
import { encodeModel, type OnnxGraph, type OnnxInitializer, type OnnxNode, type OnnxValue } from './model.js';

export interface OperatorModel {
  /** The operator with its types, such as `Cast(float32) -> bfloat16`. */
  readonly operator: string;
  /** How many nodes of the graph are like it. */
  readonly nodes: number;
  readonly model: Uint8Array;
}

/** A model for each operator of a graph and the types that it is used with, but for what is computed from constants alone. */
export function operatorModels(graph: OnnxGraph): OperatorModel[] {
  const initializers = new Map(graph.initializers.map((initializer) => [initializer.name, initializer]));
  const values = new Map([...graph.initializers, ...graph.inputs, ...graph.intermediates, ...graph.outputs].map(named));
  const constants = new Set(initializers.keys());
  const found = new Map<string, { nodes: number; model: Uint8Array }>();
  for (const node of graph.nodes) {
    if (node.inputs.every((input) => constants.has(input))) {
      for (const output of node.outputs) constants.add(output);
      continue;
    }
    const typed = (names: readonly string[]): OnnxValue[] => names.map((name) => valueOf(values, name, node));
    const [inputs, outputs] = [typed(node.inputs), typed(node.outputs)];
    const types = (of: readonly OnnxValue[]): string => of.map(({ dataType }) => dataType).join(', ');
    const operator = `${node.operator}(${types(inputs)}) -> ${types(outputs)}`;
    const known = found.get(operator);
    if (known === undefined) found.set(operator, { nodes: 1, model: oneNode(node, inputs, outputs, initializers) });
    else known.nodes += 1;
  }
  return [...found].map(([operator, { nodes, model }]) => ({ operator, nodes, model }));
}

/** Constants in memory, such as a Reshape's shape, stay constants: kernels are chosen by them. Weights become inputs. */
function oneNode(
  node: OnnxNode,
  inputs: readonly OnnxValue[],
  outputs: readonly OnnxValue[],
  initializers: ReadonlyMap<string, OnnxInitializer>,
): Uint8Array {
  const kept = inputs.flatMap(({ name }) => initializers.get(name) ?? []).filter(({ data }) => data.kind === 'memory');
  const fed = inputs.filter(({ name }) => !kept.some((constant) => constant.name === name));
  const once = <T extends OnnxValue>(of: readonly T[]): T[] => [...new Map(of.map(named)).values()];
  return encodeModel({ nodes: [node], initializers: once(kept), inputs: once(fed), outputs, intermediates: [] });
}

const named = <T extends { name: string; shape: Shape }>(value: T): [string, T] => [value.name, value];

function valueOf(values: ReadonlyMap<string, OnnxValue>, name: string, { operator }: OnnxNode): OnnxValue {
  const value = values.get(name);
  if (value === undefined) throw new Error(`${operator}: the type of ${name} is not known`);
  return value;
}
