/** Plain LoRA (Hu et al. 2021) in a graph: y + alpha / r * B A drop(x). */
import { gemm, matmul, type Graph } from '@fedamole/graph';
import type { AdaptedLinear, AdapterGraph, DropExpertInput, LoraSettings, PlainLoraSettings } from './adapter-graph.js';

export const loraParameterNames = (module: string) =>
  ({ a: `${module}.lora_A.weight`, b: `${module}.lora_B.weight` }) as const;

/** The rank and alpha of one module. */
export const loraSettingsOf = (settings: PlainLoraSettings, module: string): LoraSettings =>
  settings.exceptions?.get(module) ?? settings;

/** Adds the inputs of a LoRA on every module: A [rank, inputWidth] and B [outputWidth, rank], under PEFT's names. */
export function loraGraph(
  graph: Graph,
  modules: readonly AdaptedLinear[],
  settings: PlainLoraSettings,
  drop: DropExpertInput,
): AdapterGraph {
  const adapted = new Map(
    modules.map((module) => {
      const names = loraParameterNames(module.name);
      const { rank, alpha } = loraSettingsOf(settings, module.name);
      const a = graph.input(names.a, [rank, module.inputWidth], { differentiable: true });
      const b = graph.input(names.b, [module.outputWidth, rank], { differentiable: true });
      return [module.name, { module, a, b, factor: alpha / rank }] as const;
    }),
  );
  return {
    adapt: (name, input, output) => {
      const found = adapted.get(name);
      if (found === undefined) return output;
      const hidden = matmul(drop(found.module, input), found.a, { transposeB: true });
      return gemm(output, hidden, found.b, { transposeB: true, alpha: found.factor });
    },
    parameters: [...adapted.values()].flatMap(({ a, b }) => [a, b]),
    balanceLoss: () => null,
    routing: () => new Map(),
  };
}
