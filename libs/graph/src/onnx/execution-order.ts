import type { OnnxGraph, OnnxNode } from './model.js';

/**
 * The nodes in an order that makes ONNX Runtime compute the outputs one after another, as they are listed, each with what it still
 * lacks. It begins with the last node that no other depends on, whatever the order of the others: so nodes that only give an
 * output come last, the first output's at the very end. (A gradient that is left for later would keep what it is made of.)
 */
export function byOutputs({ nodes, outputs }: OnnxGraph): OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const uses = new Map<string, number>();
  for (const { inputs } of nodes) for (const name of inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const last = new Set<OnnxNode>();
  for (const { name } of [...outputs].reverse()) {
    // emission ends every output with an Identity, which ONNX Runtime may take away
    const identity = makers.get(name);
    const maker = makers.get(identity?.inputs[0] ?? '');
    const used = maker?.outputs.reduce((sum, output) => sum + (uses.get(output) ?? 0), 0);
    if (maker !== undefined && used === 1) last.add(maker);
    if (identity !== undefined) last.add(identity);
  }
  return [...nodes.filter((node) => !last.has(node)), ...last];
}
