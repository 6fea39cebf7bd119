/** Which adapters a model's graphs carry. */
import {
  loraGraph,
  moleGraph,
  type AdapterGraph,
  type DropExpertInput,
  type MoleSettings,
  type PlainLoraSettings,
} from '@fedamole/mole';
import type { Graph, Tensor } from '@fedamole/graph';
import type { LinearModule } from '@fedamole/models';

export type AdapterKind =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'lora' } & PlainLoraSettings)
  | ({ readonly kind: 'mole' } & MoleSettings);

export function attachAdapters(
  graph: Graph,
  modules: readonly LinearModule[],
  adapter: AdapterKind,
  tokenWeights: Tensor,
  drop: DropExpertInput,
): AdapterGraph {
  if (adapter.kind === 'mole') return moleGraph(graph, modules, adapter, tokenWeights, drop);
  if (adapter.kind === 'lora') return loraGraph(graph, modules, adapter, drop);
  return {
    adapt: (_module, _input, output) => output,
    parameters: [],
    balanceLoss: () => null,
    routing: () => new Map(),
  };
}
