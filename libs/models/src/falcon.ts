/**
 * Falcon-RW (Penedo et al. 2023; Hugging Face's FalconForCausalLM with `alibi`): linear biases instead of positions, and q, k
 * and v of each head side by side in one weight.
 */
import { cast, dimensionOf, gelu, multiply, reshape, scale, split, type Tensor } from '@fedamole/graph';
import {
  flag,
  oneOf,
  positiveInteger,
  positiveNumber,
  UnsupportedModelError,
  type ConfigurationFields,
} from './configuration-fields.js';
import type { Decoder, DecoderInputs } from './decoder.js';
import { fusedDecoder } from './fused-decoder.js';
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
  const heads = positiveInteger(config, 'num_attention_heads');
  const headWidth = width / heads;
  oneOf(config, 'activation', ['gelu'], 'gelu');
  return fusedDecoder({
    family: 'falcon',
    width,
    layers: positiveInteger(config, 'num_hidden_layers'),
    heads,
    vocabularySize: positiveInteger(config, 'vocab_size'),
    maxPositions: positiveInteger(config, 'max_position_embeddings', 2048),
    inner: optionalInteger(config, 'ffn_hidden_size') ?? 4 * width,
    epsilon: positiveNumber(config, 'layer_norm_epsilon', 1e-5),
    tied: flag(config, 'tie_word_embeddings', true),
    bias: flag(config, 'bias', false),
    inputFirst: false,
    names: {
      tokenEmbedding: 'transformer.word_embeddings.weight',
      positionEmbedding: null,
      attentionNorm: 'input_layernorm',
      queryKeyValue: 'self_attention.query_key_value',
      output: 'self_attention.dense',
      feedForwardNorm: 'post_attention_layernorm',
      up: 'mlp.dense_h_to_4h',
      down: 'mlp.dense_4h_to_h',
    },
    splitStates: (states, inputIds) => {
      const [batch, time] = [dimensionOf(inputIds, 0), dimensionOf(inputIds, 1)];
      const sideBySide = reshape(states, [batch, time, heads, 3, headWidth]);
      const parts = split(sideBySide, 3, [1, 1, 1]).map((part) => reshape(part, [batch, time, width]));
      return parts as [Tensor, Tensor, Tensor];
    },
    activation: gelu,
    scoreScale: () => headWidth ** -0.5,
    biases: (inputs) => [alibi(inputs, heads, headWidth)],
  });
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
