/**
 * The three ONNX models that an engine runs, all from one decoder and its adapters:
 *
 * | model | outputs |
 * | --- | --- |
 * | training | `loss` [1], `balance` [1], and `gradient:<parameter>` of loss + balanceWeight * balance |
 * | evaluation | `token_losses` [selected, 1], and of each module `chosen:`, `token:` and `experts:<module>`: what its router did |
 * | decoding | `logits` [selected, vocabulary], and the new tokens' keys and values, `keys:<layer>` and `values:<layer>` |
 */
import {
  add,
  cast,
  concat,
  crossEntropy,
  dimensionOf,
  gatherRows,
  Graph,
  gradientsOf,
  logitsCrossEntropy,
  addDimensions,
  matmul,
  multiply,
  multiplyDimensions,
  scale,
  softCap,
  split,
  termsOf,
  type Dimension,
  type GraphOutputs,
  type Tensor,
} from '@fedamole/graph';
import type { DecoderInputs, KeyValues, RotaryEmbedding, WeightSource } from '@fedamole/models';
import type { Model, QuantizedLocation, WeightLocation } from '@fedamole/base-models';
import { dropoutMaskName, type AdapterGraph, type DropExpertInput } from '@fedamole/mole';
import { attachAdapters, type AdapterKind } from './adapter-kind.js';
import type { Device } from './devices.js';
import { targetPartsOn, timeParts, wholeOf } from './parts.js';

export const inputNames = {
  inputIds: 'input_ids',
  positions: 'positions',
  tokenWeights: 'token_weights',
  selected: 'selected',
  zero: 'zero',
} as const;

/** One input a window, for layers differ in how far they see, and a part of time. */
export const attentionBiasName = (window: number | null, part: number): string =>
  `attention_bias:${window ?? 'all'}:${part}`;
/** One input a part of the targets. */
export const targetsName = (part: number): string => `targets:${part}`;
export const targetWeightsName = (part: number): string => `target_weights:${part}`;
export const keyPositionsName = (part: number): string => `key_positions:${part}`;
export const rotaryName = (part: 'cosines' | 'sines', { name }: RotaryEmbedding): string => `${part}:${name}`;
export const gradientName = (parameter: string): string => `gradient:${parameter}`;
export const chosenName = (module: string): string => `chosen:${module}`;
export const tokenEmbeddingName = (module: string): string => `token:${module}`;
export const expertEmbeddingsName = (module: string): string => `experts:${module}`;
export const cacheName = (part: 'keys' | 'values', layer: number): string => `${part}:${layer}`;
export const pastName = (part: 'keys' | 'values', layer: number): string => `past_${part}:${layer}`;

export interface TrainingGraphSettings {
  readonly balanceWeight: number;
  /** Rate of dropout on the adapters' input; 0 for none. */
  readonly dropout: number;
  /** Whether a layer's activations are computed a second time for its gradients, instead of being kept. */
  readonly recompute: boolean;
  readonly device: Device;
}

export function trainingModel(model: Model, adapter: AdapterKind, settings: TrainingGraphSettings): GraphOutputs {
  const { graph, adapters, hidden, weight } = forward(model, adapter, {
    dropout: settings.dropout,
    wanted: wholeOf(targetPartsOn(settings.device)),
  });
  const { loss } = targetLoss(graph, model, weight, hidden);
  const balance = adapters.balanceLoss();
  const total = balance === null ? loss : add(loss, scale(balance, settings.balanceWeight));
  const gradients = gradientsOf(
    total,
    adapters.parameters,
    settings.recompute ? { recomputeWith: graph.input(inputNames.zero, [1]) } : {},
  );
  const named = adapters.parameters.map(({ name }, index) => [gradientName(name), gradients[index] as Tensor] as const);
  // the last layer's first, as the backward pass comes by them
  named.reverse();
  // the losses last: first they would want the probabilities of all targets at once
  return { graph, outputs: { ...Object.fromEntries(named), loss, ...(balance === null ? {} : { balance }) } };
}

export function evaluationModel(model: Model, adapter: AdapterKind, device: Device): GraphOutputs {
  const wanted = wholeOf(targetPartsOn(device));
  const { graph, adapters, hidden, weight } = forward(model, adapter, { wanted });
  const { tokenLosses } = targetLoss(graph, model, weight, hidden);
  const routing = [...adapters.routing()].flatMap(([module, { chosen, means }]) => [
    [chosenName(module), chosen] as const,
    [tokenEmbeddingName(module), means.token] as const,
    [expertEmbeddingsName(module), means.experts] as const,
  ]);
  return { graph, outputs: { token_losses: tokenLosses, ...Object.fromEntries(routing) } };
}

export function decodingModel(model: Model, adapter: AdapterKind): GraphOutputs {
  const { graph, hidden, weight, present } = forward(model, adapter, { wanted: 'selected', cached: true });
  const normed = model.decoder.normalize(weight, hidden);
  const logits = outputLogits(model, weight, normed);
  const cache = present.flatMap(({ keys, values }, layer) => [
    [cacheName('keys', layer), keys] as const,
    [cacheName('values', layer), values] as const,
  ]);
  return { graph, outputs: { logits, ...Object.fromEntries(cache) } };
}

export interface Forward {
  readonly graph: Graph;
  readonly adapters: AdapterGraph;
  readonly weight: WeightSource;
  /** Of the selected positions [selected, width], as the decoder's `normalize` takes it. */
  readonly hidden: Tensor;
  readonly present: readonly KeyValues[];
}

export interface ForwardSettings {
  /** Rate of dropout on the adapters' input; none where left out. */
  readonly dropout?: number;
  /** How many positions are selected. */
  readonly wanted: Dimension;
  /** Whether keys and values of earlier tokens are given. */
  readonly cached?: boolean;
}

export function forward(
  model: Model,
  adapter: AdapterKind,
  { dropout = 0, wanted, cached = false }: ForwardSettings,
): Forward {
  const graph = new Graph('float32');
  const weight = weightSource(graph, model);
  const tokens = multiplyDimensions('batch', timeOf(cached));
  const tokenWeights = graph.input(inputNames.tokenWeights, [tokens, 1]);
  const drop: DropExpertInput = (module, input) =>
    dropout === 0 ? input : dropped(input, graph, dropoutMaskName(module.name), dropout);
  const adapters = attachAdapters(graph, model.modules, adapter, tokenWeights, drop);
  const selected = graph.input(inputNames.selected, [wanted, 1], { dataType: 'int64' });
  const adapted = new Set(model.modules.map(({ name }) => name));
  // an adapter sees every token: it has a dropout mask for each, and a router a mean over all
  const early = !model.decoder.modulesBehindAttention.some(({ name }) => adapted.has(name));
  const lastLayer = model.decoder.layers - 1;
  const inputs = {
    ...decoderInputs(graph, model, cached),
    wanted: (layer: number, states: Tensor) => (early && layer === lastLayer ? gatherRows(states, selected) : states),
  };
  const { hidden, present } = model.decoder.hiddenStates(graph, weight, inputs, adapters.adapt);
  return { graph, adapters, weight, hidden: early ? hidden : gatherRows(hidden, selected), present };
}

/** What is kept is scaled up, so that the mean stays. */
function dropped(x: Tensor, graph: Graph, mask: string, rate: number): Tensor {
  const kept = cast(graph.input(mask, x.shape, { dataType: 'bool' }), graph.computeType);
  return multiply(x, scale(kept, 1 / (1 - rate)));
}

/** Of a whole sequence a sum of parts, each of which looks no further than its end: half of all scores would be hidden. */
const timeOf = (cached: boolean): Dimension => (cached ? 'time' : wholeOf(timeParts));

function decoderInputs(graph: Graph, { decoder }: Model, cached: boolean): Omit<DecoderInputs, 'wanted'> {
  const time = timeOf(cached);
  const inputIds = graph.input(inputNames.inputIds, ['batch', time], { dataType: 'int64' });
  const positions = graph.input(inputNames.positions, ['batch', time], { dataType: 'int64' });
  const parts = termsOf(time);
  const seen = parts.map((_, part) => [...(cached ? ['past'] : []), ...parts.slice(0, part + 1)].reduce(addDimensions));
  const once = (name: string, shape: readonly Dimension[]): Tensor =>
    graph.inputs.find((input) => input.name === name) ?? graph.input(name, shape);
  const inputs = {
    inputIds,
    positions,
    keyPositions: () => seen.map((total, part) => once(keyPositionsName(part), ['batch', 1, 1, total])),
    attentionBias: (window: number | null) =>
      seen.map((total, part) => once(attentionBiasName(window, part), ['batch', 1, parts[part] as Dimension, total])),
    // as many rows as the longest sequence so far has tokens: a cache has room for more
    rotaryTables: (embedding: RotaryEmbedding) => ({
      cosines: once(rotaryName('cosines', embedding), ['rotary_rows', embedding.pairs]),
      sines: once(rotaryName('sines', embedding), ['rotary_rows', embedding.pairs]),
    }),
  };
  if (!cached) return inputs;
  const shape = ['batch', decoder.keyValueHeads, 'past', decoder.headWidth];
  const past = Array.from({ length: decoder.layers }, (_, layer) => ({
    keys: graph.input(pastName('keys', layer), shape),
    values: graph.input(pastName('values', layer), shape),
  }));
  return { ...inputs, past };
}

/** The loss of the selected positions, those that predict a target: part by part, for their logits are larger than all else. */
export function targetLoss(graph: Graph, model: Model, weight: WeightSource, hidden: Tensor) {
  const { decoder } = model;
  const normed = decoder.normalize(weight, hidden);
  const losses = split(normed, 0, termsOf(dimensionOf(normed, 0))).map((states, part) => {
    const size = dimensionOf(states, 0);
    const targets = graph.input(targetsName(part), [size, 1], { dataType: 'int64' });
    const weights = graph.input(targetWeightsName(part), [size, 1]);
    if (decoder.logitCap !== null) return logitsCrossEntropy(outputLogits(model, weight, states), targets, weights);
    return crossEntropy(states, weight(decoder.outputWeight), targets, weights);
  });
  return {
    loss: losses.map(({ loss }) => loss).reduce(add),
    tokenLosses: concat(
      losses.map(({ tokenLosses }) => tokenLosses),
      0,
    ),
  };
}

function outputLogits({ decoder }: Model, weight: WeightSource, normed: Tensor): Tensor {
  const logits = matmul(normed, weight(decoder.outputWeight), { transposeB: true });
  return decoder.logitCap === null ? logits : softCap(logits, decoder.logitCap);
}

/** Weights as initializers that point into the model's files; each is added, and cast, once. */
function weightSource(graph: Graph, model: Model): WeightSource {
  const known = new Map<string, Tensor>();
  return (name) => {
    const tensor = known.get(name) ?? load(name);
    known.set(name, tensor);
    return tensor;
  };
  function load(name: string): Tensor {
    const location = model.weights.get(name);
    if (location === undefined) throw new Error(`${model.folder}: weight ${name} was not located`);
    const quantized = model.quantized.get(name);
    const stored = storedWeight(graph, name, location);
    if (quantized !== undefined) return quantizedWeight(graph, stored, location.shape, quantized);
    if (stored.dataType === 'float32') return stored;
    if (stored.dataType === 'bfloat16' && model.form !== 'float32' && location.shape.length === 2) {
      return graph.quantizedWeight(`${name}:float32`, location.shape, { kind: 'bfloat16', values: stored });
    }
    return cast(stored, 'float32');
  }
}

function quantizedWeight(graph: Graph, stored: Tensor, shape: readonly number[], held: QuantizedLocation): Tensor {
  const { name } = stored;
  const part = (of: string, as?: Partial<WeightLocation>): Tensor => {
    const location = held.parts.get(of);
    if (location === undefined) throw new Error(`weight ${name}: its ${held.kind} form has no ${of}`);
    return storedWeight(graph, `${name}:${as === undefined ? of : `${of} as ${as.dataType}`}`, { ...location, ...as });
  };
  if (held.kind === 'int8') {
    return graph.quantizedWeight(`${name}:int8`, shape, {
      kind: 'int8',
      stored,
      straight: { values: part('straight'), scales: part('straightScales') },
      transposed: { values: part('transposed'), scales: part('transposedScales') },
    });
  }
  const scales = part('scales');
  return graph.quantizedWeight(`${name}:int4`, shape, {
    kind: 'int4',
    blocks: part('blocks'),
    values: part('blocks', { dataType: 'uint4', shape }),
    scales,
    zeroPoints: part('zeroPoints', { dataType: 'uint4', shape: scales.shape as readonly number[] }),
  });
}

function storedWeight(graph: Graph, name: string, location: WeightLocation): Tensor {
  const { shape, dataType, file, offset, length } = location;
  return graph.weight(name, shape, dataType, { kind: 'file', file, offset, length });
}
