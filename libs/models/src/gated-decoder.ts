/**
 * The decoder that Llama and its relatives share: RMS normalisation, rotary positions, grouped-query attention and a gated
 * feed-forward layer. What a family does differently is an option; its file reads them from config.json.
 */
import {
  add,
  dimensionOf,
  gatherRows,
  geluTanh,
  multiply,
  reshape,
  scale,
  silu,
  split,
  type RotaryTables,
  type Tensor,
} from '@fedamole/graph';
import { attention } from './attention.js';
import { UnsupportedModelError } from './configuration-fields.js';
import type { Decoder, DecoderInputs, KeyValues } from './decoder.js';
import { asModules, Layers, WeightTable, type LinearLayer } from './layers.js';
import { rotateHeads, rotaryTables, type RotarySettings } from './rotary.js';

export interface GatedDecoderOptions {
  readonly family: string;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  readonly intermediateSize: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly epsilon: number;
  readonly tied: boolean;
  readonly rotary: RotarySettings;
  /** Coordinates of a head that are rotated; all of them unless given. */
  readonly rotatedWidth?: number;
  readonly activation: 'silu' | 'gelu-tanh';
  /** Biases of q, k and v, of o, and of the feed-forward layers. */
  readonly bias: { readonly queryKeyValue: boolean; readonly output: boolean; readonly feedForward: boolean };
  /** Tokens that a layer's queries see, their own included; null for all. */
  readonly windowOf?: (layer: number) => number | null;
  /** q, k and v in one weight, and gate and up in another. */
  readonly fused?: boolean;
  /** Queries and keys are normalised head by head before they are rotated. */
  readonly queryKeyNorm?: boolean;
  /** Added to every normalisation's weight. */
  readonly normOffset?: number;
  /** The outputs of attention and feed-forward are normalised too, before they are added. */
  readonly normedOutputs?: boolean;
  readonly embeddingScale?: number;
  readonly attentionScale?: number;
  readonly attentionCap?: number | null;
  readonly logitCap?: number | null;
}

const EMBEDDING = 'model.embed_tokens.weight';
const OUTPUT = 'lm_head.weight';

interface LayerWeights {
  readonly projections:
    { readonly fused: LinearLayer } | { readonly q: LinearLayer; readonly k: LinearLayer; readonly v: LinearLayer };
  readonly output: LinearLayer;
  readonly gates: { readonly fused: LinearLayer } | { readonly gate: LinearLayer; readonly up: LinearLayer };
  readonly down: LinearLayer;
  readonly name: string;
}

export function gatedDecoder(options: GatedDecoderOptions): Decoder {
  const { heads, keyValueHeads, headWidth, hiddenSize, vocabularySize, epsilon, normOffset = 0 } = options;
  if (heads % keyValueHeads !== 0) {
    throw new UnsupportedModelError(
      `config.json: num_attention_heads ${heads} is no multiple of num_key_value_heads ${keyValueHeads}`,
    );
  }
  if (headWidth % 2 !== 0) throw new UnsupportedModelError(`config.json: head_dim ${headWidth} is odd`);
  const table = new WeightTable();
  table.matrix(EMBEDDING, vocabularySize, hiddenSize);
  const layers = Array.from({ length: options.layers }, (_, layer) => layerWeights(table, options, layer));
  const finalNorm = table.norm('model.norm', hiddenSize, { bias: false });
  if (!options.tied) table.matrix(OUTPUT, vocabularySize, hiddenSize);
  return {
    family: options.family,
    vocabularySize,
    maxPositions: options.maxPositions,
    layers: options.layers,
    keyValueHeads,
    headWidth,
    weights: table.shapes,
    defaultModules: asModules(
      layers.flatMap(({ projections }) =>
        'fused' in projections ? [projections.fused] : [projections.q, projections.v],
      ),
    ),
    logitCap: options.logitCap ?? null,

    hiddenStates(graph, weight, inputs, adapt) {
      const apply = new Layers(graph, weight, adapt);
      const tables = rotaryTables(graph, options.rotary, options.rotatedWidth ?? headWidth, options.maxPositions);
      const embedded = gatherRows(weight(EMBEDDING), inputs.inputIds);
      let hidden = options.embeddingScale === undefined ? embedded : scale(embedded, options.embeddingScale);
      const present: KeyValues[] = [];
      layers.forEach((layer, index) => {
        const result = decoderLayer(apply, options, layer, index, tables, inputs, hidden);
        hidden = result.hidden;
        present.push(result.present);
      });
      return { hidden, present };
    },
    normalize: (weight, hidden) => new Layers(hidden.graph, weight).rmsNorm(finalNorm, hidden, epsilon, normOffset),
    vocabulary: (weight) => weight(options.tied ? EMBEDDING : OUTPUT),
  };
}

function layerWeights(table: WeightTable, options: GatedDecoderOptions, layer: number): LayerWeights {
  const { hiddenSize, headWidth, intermediateSize, bias } = options;
  const name = `model.layers.${layer}`;
  const queryWidth = options.heads * headWidth;
  const keyValueWidth = options.keyValueHeads * headWidth;
  const linear = (part: string, inputWidth: number, outputWidth: number, biased: boolean): LinearLayer =>
    table.linear({ name: `${name}.${part}`, inputWidth, outputWidth, bias: biased });
  const attentionPart = (part: string, width: number): LinearLayer =>
    linear(`self_attn.${part}`, hiddenSize, width, bias.queryKeyValue);
  const gatePart = (part: string, width: number): LinearLayer =>
    linear(`mlp.${part}`, hiddenSize, width, bias.feedForward);

  table.norm(`${name}.input_layernorm`, hiddenSize, { bias: false });
  table.norm(`${name}.post_attention_layernorm`, hiddenSize, { bias: false });
  if (options.normedOutputs === true) {
    table.norm(`${name}.pre_feedforward_layernorm`, hiddenSize, { bias: false });
    table.norm(`${name}.post_feedforward_layernorm`, hiddenSize, { bias: false });
  }
  if (options.queryKeyNorm === true) {
    table.norm(`${name}.self_attn.q_norm`, headWidth, { bias: false });
    table.norm(`${name}.self_attn.k_norm`, headWidth, { bias: false });
  }
  const fused = options.fused === true;
  return {
    name,
    projections: fused
      ? { fused: attentionPart('qkv_proj', queryWidth + 2 * keyValueWidth) }
      : {
          q: attentionPart('q_proj', queryWidth),
          k: attentionPart('k_proj', keyValueWidth),
          v: attentionPart('v_proj', keyValueWidth),
        },
    output: linear('self_attn.o_proj', queryWidth, hiddenSize, bias.output),
    gates: fused
      ? { fused: gatePart('gate_up_proj', 2 * intermediateSize) }
      : { gate: gatePart('gate_proj', intermediateSize), up: gatePart('up_proj', intermediateSize) },
    down: linear('mlp.down_proj', intermediateSize, hiddenSize, bias.feedForward),
  };
}

function decoderLayer(
  apply: Layers,
  options: GatedDecoderOptions,
  layer: LayerWeights,
  index: number,
  tables: RotaryTables,
  inputs: DecoderInputs,
  hidden: Tensor,
): { hidden: Tensor; present: KeyValues } {
  const { epsilon, normOffset = 0, normedOutputs = false } = options;
  const norm = (part: string, x: Tensor): Tensor => apply.rmsNorm(`${layer.name}.${part}`, x, epsilon, normOffset);
  const { context, present } = attend(apply, options, layer, index, tables, inputs, norm('input_layernorm', hidden));
  const attended = apply.linear(layer.output, context);
  const afterAttention = add(hidden, normedOutputs ? norm('post_attention_layernorm', attended) : attended);
  const normed = norm(normedOutputs ? 'pre_feedforward_layernorm' : 'post_attention_layernorm', afterAttention);
  const fed = feedForward(apply, options, layer, normed);
  return { hidden: add(afterAttention, normedOutputs ? norm('post_feedforward_layernorm', fed) : fed), present };
}

function attend(
  apply: Layers,
  options: GatedDecoderOptions,
  { name, projections }: LayerWeights,
  index: number,
  tables: RotaryTables,
  inputs: DecoderInputs,
  x: Tensor,
): { context: Tensor; present: KeyValues } {
  const { heads, keyValueHeads, headWidth } = options;
  const { inputIds, positions } = inputs;
  const keyValueWidth = keyValueHeads * headWidth;
  const [q, k, v] = (
    'fused' in projections
      ? split(apply.linear(projections.fused, x), 1, [heads * headWidth, keyValueWidth, keyValueWidth])
      : [projections.q, projections.k, projections.v].map((part) => apply.linear(part, x))
  ) as [Tensor, Tensor, Tensor];
  const rotated = (part: string, states: Tensor, count: number): Tensor => {
    const sequence = apply.sequence(states, inputIds);
    const normed =
      options.queryKeyNorm === true
        ? normHeads(apply, options, `${name}.self_attn.${part}`, sequence, count)
        : sequence;
    return rotateHeads(normed, positions, tables, count, headWidth);
  };
  return attention(
    rotated('q_norm', q, heads),
    rotated('k_norm', k, keyValueHeads),
    apply.sequence(v, inputIds),
    options,
    {
      ...(options.attentionScale === undefined ? {} : { scale: options.attentionScale }),
      cap: options.attentionCap ?? null,
      biases: [inputs.attentionBias(options.windowOf?.(index) ?? null)],
    },
    inputs.past?.[index],
  );
}

function normHeads(
  apply: Layers,
  { headWidth, epsilon }: GatedDecoderOptions,
  name: string,
  x: Tensor,
  heads: number,
): Tensor {
  const [batch, time] = [dimensionOf(x, 0), dimensionOf(x, 1)];
  const normed = apply.rmsNorm(name, reshape(x, [batch, time, heads, headWidth]), epsilon);
  return reshape(normed, [batch, time, heads * headWidth]);
}

function feedForward(
  apply: Layers,
  { activation, intermediateSize }: GatedDecoderOptions,
  { gates, down }: LayerWeights,
  x: Tensor,
): Tensor {
  const [gate, up] = (
    'fused' in gates
      ? split(apply.linear(gates.fused, x), 1, [intermediateSize, intermediateSize])
      : [apply.linear(gates.gate, x), apply.linear(gates.up, x)]
  ) as [Tensor, Tensor];
  return apply.linear(down, multiply(activation === 'silu' ? silu(gate) : geluTanh(gate), up));
}
