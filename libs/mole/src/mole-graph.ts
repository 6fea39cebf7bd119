/**
 * The heterogeneous mixture of LoRA experts (FedAMoLE, arXiv 2411.19128) in a graph. The number of domain experts that a
 * client holds is a symbolic dimension of each module, so one session serves every client.
 *
 * With input x, held experts (A_i, B_i), the shared expert (A_s, B_s) and the token projection W_t of a module:
 *   h_i = A_i x, q = W_t x, s_i = <h_i, q> / sqrt(r), gates = softmax over the t largest s_i (the renormalised top t of p)
 *   y = W_0 x + alpha / r * (B_s A_s drop(x) + sum over i of gate_i B_i A_i drop(x))
 */
import {
  add,
  addDimensions,
  concat,
  dimensionOf,
  dimensionSize,
  gemm,
  matmul,
  multiply,
  multiplyDimensions,
  reshape,
  scale,
  softmax,
  split,
  subtract,
  sum,
  topMask,
  type Dimension,
  type Graph,
  type Tensor,
} from '@fedamole/graph';
import type { AdaptedLinear, AdapterGraph, DropExpertInput, ModuleEmbeddings, MoleSettings } from './adapter-graph.js';

export const moleParameterNames = (module: string) =>
  ({
    expertsA: `${module}.experts_A`,
    expertsB: `${module}.experts_B`,
    sharedA: `${module}.shared_A`,
    sharedB: `${module}.shared_B`,
    tokenProjection: `${module}.token_proj`,
  }) as const;

interface ModuleInputs {
  readonly module: AdaptedLinear;
  readonly held: Dimension;
  /** [held, rank, inputWidth] and [outputWidth, held, rank] */
  readonly expertsA: Tensor;
  readonly expertsB: Tensor;
  /** [rank, inputWidth] and [outputWidth, rank] */
  readonly sharedA: Tensor;
  readonly sharedB: Tensor;
  /** [rank, inputWidth] */
  readonly tokenProjection: Tensor;
}

interface Routing {
  /** Expert embeddings [tokens, held, rank], token embeddings [tokens, 1, rank], scores [tokens, held]. */
  readonly expertEmbeddings: Tensor;
  readonly tokenEmbeddings: Tensor;
  readonly scores: Tensor;
  /** 1 for the chosen experts of each token [tokens, held]. */
  readonly chosen: Tensor;
  readonly held: Dimension;
}

/**
 * Adds the inputs of a MoLE on every module. `tokenWeights` [tokens, 1] are 1 / n for each of the n real tokens and 0
 * for padding: the balance loss and the mean embeddings leave padding out. `drop` returns its input where nothing is dropped.
 */
export function moleGraph(
  graph: Graph,
  modules: readonly AdaptedLinear[],
  settings: MoleSettings,
  tokenWeights: Tensor,
  drop: DropExpertInput,
): AdapterGraph {
  const inputs = new Map(modules.map((module) => [module.name, moduleInputs(graph, module, settings.rank)] as const));
  const routings = new Map<string, Routing>();
  const ones = add(scale(tokenWeights, 0), graph.constant([1], [1, 1]));

  const adapt = (name: string, input: Tensor, output: Tensor): Tensor => {
    const found = inputs.get(name);
    if (found === undefined) return output;
    const dropped = drop(found.module, input);
    const { routing, expertOutputs } = route(found, input, dropped, settings);
    routings.set(name, routing);
    const gates = concat([gatesOf(routing), ones], 1);
    const stacked = addDimensions(found.held, 1);
    const tokens = dimensionOf(input, 0);
    const gated = multiply(expertOutputs, reshape(gates, [tokens, stacked, 1]));
    const width = multiplyDimensions(stacked, settings.rank);
    const { outputWidth } = found.module;
    const sharedB = reshape(found.sharedB, [outputWidth, 1, settings.rank]);
    const b = reshape(concat([found.expertsB, sharedB], 1), [outputWidth, width]);
    return gemm(output, reshape(gated, [tokens, width]), b, {
      transposeB: true,
      alpha: settings.alpha / settings.rank,
    });
  };

  return {
    adapt,
    parameters: [...inputs.values()].flatMap(({ expertsA, expertsB, sharedA, sharedB, tokenProjection }) => [
      expertsA,
      expertsB,
      sharedA,
      sharedB,
      tokenProjection,
    ]),
    balanceLoss: () =>
      [...routings.values()].map((routing) => balance(routing, tokenWeights, settings.topK)).reduce(add),
    routing: () =>
      new Map(
        [...routings].map(([name, routing]) => [
          name,
          { chosen: routing.chosen, means: meanEmbeddings(routing, tokenWeights) },
        ]),
      ),
  };
}

function moduleInputs(graph: Graph, module: AdaptedLinear, rank: number): ModuleInputs {
  const names = moleParameterNames(module.name);
  const held = `held@${module.name}`;
  const parameter = (name: string, shape: readonly Dimension[]): Tensor =>
    graph.input(name, shape, { differentiable: true });
  return {
    module,
    held,
    expertsA: parameter(names.expertsA, [held, rank, module.inputWidth]),
    expertsB: parameter(names.expertsB, [module.outputWidth, held, rank]),
    sharedA: parameter(names.sharedA, [rank, module.inputWidth]),
    sharedB: parameter(names.sharedB, [module.outputWidth, rank]),
    tokenProjection: parameter(names.tokenProjection, [rank, module.inputWidth]),
  };
}

/**
 * Projects the input once where nothing is dropped (experts, shared expert and token projection in one product), and twice
 * where routing sees x but the experts see drop(x). Expert outputs are [tokens, held + 1, rank], the shared expert last.
 */
function route(
  { module, held, expertsA, sharedA, tokenProjection }: ModuleInputs,
  input: Tensor,
  dropped: Tensor,
  { rank, topK }: MoleSettings,
): { routing: Routing; expertOutputs: Tensor } {
  const tokens = dimensionOf(input, 0);
  const one = (matrix: Tensor): Tensor => reshape(matrix, [1, rank, module.inputWidth]);
  const project = (x: Tensor, matrices: readonly Tensor[]): Tensor => {
    const stack = concat(matrices, 0);
    const rows = multiplyDimensions(dimensionOf(stack, 0), rank);
    const projected = matmul(x, reshape(stack, [rows, module.inputWidth]), { transposeB: true });
    return reshape(projected, [tokens, dimensionOf(stack, 0), rank]);
  };
  let expertOutputs: Tensor;
  let expertEmbeddings: Tensor;
  let tokenEmbeddings: Tensor;
  if (dropped === input) {
    const all = project(input, [expertsA, one(sharedA), one(tokenProjection)]);
    [expertOutputs, tokenEmbeddings] = split(all, 1, [addDimensions(held, 1), 1]) as [Tensor, Tensor];
    [expertEmbeddings] = split(expertOutputs, 1, [held, 1]) as [Tensor, Tensor];
  } else {
    const routed = project(input, [expertsA, one(tokenProjection)]);
    [expertEmbeddings, tokenEmbeddings] = split(routed, 1, [held, 1]) as [Tensor, Tensor];
    expertOutputs = project(dropped, [expertsA, one(sharedA)]);
  }
  const products = sum(multiply(expertEmbeddings, tokenEmbeddings), [2]);
  const scores = scale(reshape(products, [tokens, held]), rank ** -0.5);
  return { routing: { expertEmbeddings, tokenEmbeddings, scores, chosen: topMask(scores, topK), held }, expertOutputs };
}

/** Softmax over the chosen experts only: equal to the chosen probabilities, renormalised. */
function gatesOf({ scores, chosen }: Routing): Tensor {
  const excluded = scale(subtract(chosen, chosen.graph.constant([1], [1, 1])), 1e9);
  return softmax(add(scores, excluded));
}

/** |H| * sum over i of P_i f_i: P_i the mean probability of expert i, f_i its share of the picks (no gradient) [1]. */
function balance({ scores, chosen, held }: Routing, tokenWeights: Tensor, topK: number): Tensor {
  const mean = (ofTokens: Tensor): Tensor => matmul(tokenWeights, ofTokens, { transposeA: true });
  const total = matmul(mean(softmax(scores)), mean(chosen), { transposeB: true, alpha: 1 / topK });
  return multiply(reshape(total, [1]), dimensionSize(scores, held));
}

function meanEmbeddings({ expertEmbeddings, tokenEmbeddings, held }: Routing, tokenWeights: Tensor): ModuleEmbeddings {
  const tokens = dimensionOf(tokenWeights, 0);
  const weights = reshape(tokenWeights, [tokens, 1, 1]);
  const rank = dimensionOf(expertEmbeddings, 2);
  return {
    token: reshape(sum(multiply(tokenEmbeddings, weights), [0]), [1, rank]),
    experts: reshape(sum(multiply(expertEmbeddings, weights), [0]), [held, rank]),
  };
}
