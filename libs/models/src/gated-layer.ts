/** One layer of the decoder that Llama and its relatives share: attention, then a gated feed-forward layer. */
import { add, dimensionOf, multiply, reshape, split, type RotaryTables, type Tensor } from '@fedamole/graph';
import { attention } from './attention.js';
import type { DecoderInputs, KeyValues } from './decoder.js';
import type { GatedDecoderOptions } from './gated-options.js';
import type { Layers, LinearLayer, WeightTable } from './layers.js';
import { rotateHeads } from './rotary.js';

export interface LayerWeights {
  readonly projections:
    { readonly fused: LinearLayer } | { readonly q: LinearLayer; readonly k: LinearLayer; readonly v: LinearLayer };
  readonly output: LinearLayer;
  readonly gates: { readonly fused: LinearLayer } | { readonly gate: LinearLayer; readonly up: LinearLayer };
  readonly down: LinearLayer;
  readonly name: string;
}

export function layerWeights(table: WeightTable, options: GatedDecoderOptions, layer: number): LayerWeights {
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

export function decoderLayer(
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
  const attended = apply.linear(layer.output, inputs.wanted(index, context));
  const before = inputs.wanted(index, hidden);
  const afterAttention = add(before, normedOutputs ? norm('post_attention_layernorm', attended) : attended);
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
  return apply.linear(down, multiply(activation(gate), up));
}
