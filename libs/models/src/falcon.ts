/**
 * Falcon-RW (Penedo et al. 2023; Hugging Face's FalconForCausalLM with `alibi`): linear biases instead of positions, and q, k
 * and v of each head side by side in one weight.
 */
import {
  add,
  cast,
  dimensionOf,
  gatherRows,
  gelu,
  multiply,
  multiplyDimensions,
  reshape,
  scale,
  split,
  type Tensor,
} from '@fedamole/graph';
import { attention } from './attention.js';
import {
  flag,
  oneOf,
  positiveInteger,
  positiveNumber,
  UnsupportedModelError,
  type ConfigurationFields,
} from './configuration-fields.js';
import type { Decoder, DecoderInputs, KeyValues } from './decoder.js';
import { asModules, Layers, WeightTable } from './layers.js';
import { optionalInteger } from './llama-like.js';

/** What other members of the Falcon family have, and this one does not. */
const required = { alibi: true, multi_query: false, new_decoder_architecture: false, parallel_attn: false } as const;
const fallback = { alibi: false, multi_query: true, new_decoder_architecture: false, parallel_attn: true } as const;

export function falcon(config: ConfigurationFields): Decoder {
  for (const name of Object.keys(required) as (keyof typeof required)[]) {
    const value = flag(config, name, fallback[name]);
    if (value !== required[name])
      throw new UnsupportedModelError(`config.json: ${name} is ${value}; expected ${required[name]}`);
  }
  const width = positiveInteger(config, 'hidden_size');
  const layerCount = positiveInteger(config, 'num_hidden_layers');
  const heads = positiveInteger(config, 'num_attention_heads');
  const vocabularySize = positiveInteger(config, 'vocab_size');
  const maxPositions = positiveInteger(config, 'max_position_embeddings', 2048);
  const inner = optionalInteger(config, 'ffn_hidden_size') ?? 4 * width;
  const epsilon = positiveNumber(config, 'layer_norm_epsilon', 1e-5);
  const bias = flag(config, 'bias', false);
  const tied = flag(config, 'tie_word_embeddings', true);
  oneOf(config, 'activation', ['gelu'], 'gelu');
  if (width % heads !== 0) {
    throw new UnsupportedModelError(`config.json: hidden_size ${width} is no multiple of num_attention_heads ${heads}`);
  }
  const headWidth = width / heads;

  const table = new WeightTable();
  const tokenEmbedding = table.matrix('transformer.word_embeddings.weight', vocabularySize, width);
  const linear = (name: string, inputWidth: number, outputWidth: number) =>
    table.linear({ name, inputWidth, outputWidth, bias });
  const layers = Array.from({ length: layerCount }, (_, index) => {
    const name = `transformer.h.${index}`;
    return {
      attentionNorm: table.norm(`${name}.input_layernorm`, width, { bias: true }),
      queryKeyValue: linear(`${name}.self_attention.query_key_value`, width, 3 * width),
      output: linear(`${name}.self_attention.dense`, width, width),
      feedForwardNorm: table.norm(`${name}.post_attention_layernorm`, width, { bias: true }),
      up: linear(`${name}.mlp.dense_h_to_4h`, width, inner),
      down: linear(`${name}.mlp.dense_4h_to_h`, inner, width),
    };
  });
  const finalNorm = table.norm('transformer.ln_f', width, { bias: true });
  const vocabulary = tied ? tokenEmbedding : table.matrix('lm_head.weight', vocabularySize, width);

  return {
    family: 'falcon',
    vocabularySize,
    maxPositions,
    layers: layerCount,
    keyValueHeads: heads,
    headWidth,
    weights: table.shapes,
    defaultModules: asModules(layers.map(({ queryKeyValue }) => queryKeyValue)),
    logitCap: null,

    hiddenStates(graph, weight, inputs, adapt) {
      const { inputIds } = inputs;
      const apply = new Layers(graph, weight, adapt);
      const [batch, time] = [dimensionOf(inputIds, 0), dimensionOf(inputIds, 1)];
      const linearBias = alibi(inputs, heads, headWidth);
      const present: KeyValues[] = [];
      let hidden = gatherRows(weight(tokenEmbedding), reshape(inputIds, [multiplyDimensions(batch, time)]));
      layers.forEach((layer, index) => {
        const states = apply.linear(layer.queryKeyValue, apply.layerNorm(layer.attentionNorm, hidden, epsilon));
        const [q, k, v] = split(reshape(states, [batch, time, heads, 3, headWidth]), 3, [1, 1, 1]).map((part) =>
          reshape(part, [batch, time, width]),
        ) as [Tensor, Tensor, Tensor];
        const biases = [linearBias, inputs.attentionBias(null)];
        const attended = attention(
          q,
          k,
          v,
          { heads, keyValueHeads: heads, headWidth },
          { biases },
          inputs.past?.[index],
        );
        present.push(attended.present);
        hidden = add(hidden, apply.linear(layer.output, attended.context));
        const normed = apply.layerNorm(layer.feedForwardNorm, hidden, epsilon);
        hidden = add(hidden, apply.linear(layer.down, gelu(apply.linear(layer.up, normed))));
      });
      return { hidden, present };
    },
    normalize: (weight, hidden) =>
      new Layers(hidden.graph, weight, (_module, _input, output) => output).layerNorm(finalNorm, hidden, epsilon),
    vocabulary: (weight) => weight(vocabulary),
  };
}

/**
 * Attention with linear biases (Press et al. 2022): slope times the key's position, [batch, heads, 1, 1, total]. Hugging Face
 * rounds slopes and products to bfloat16, and scales them like the scores; so do we, or a trained model would differ.
 */
function alibi({ keyPositions }: DecoderInputs, heads: number, headWidth: number): Tensor {
  const positions = keyPositions();
  const { graph } = positions;
  const rounded = (x: Tensor): Tensor => cast(cast(x, 'bfloat16'), graph.computeType);
  const slopes = rounded(graph.constant(alibiSlopes(heads), [1, heads, 1, 1, 1]));
  return scale(rounded(multiply(slopes, positions)), headWidth ** -0.5);
}

/** Powers of 2^(-8 / n) for n heads; where n is no power of two, those of the next lower one and every other of its double's. */
export function alibiSlopes(heads: number): number[] {
  const lower = 2 ** Math.floor(Math.log2(heads));
  const powers = (count: number, base: number, step: number): number[] =>
    Array.from({ length: count }, (_, index) => base ** (1 + step * index));
  const slopes = powers(lower, 2 ** -(2 ** -(Math.log2(lower) - 3)), 1);
  const extra = powers(heads - lower, 2 ** -(2 ** -(Math.log2(2 * lower) - 3)), 2);
  return [...slopes, ...extra];
}
