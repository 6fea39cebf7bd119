/** GPT-2 (Radford et al. 2019; Hugging Face's GPT2LMHeadModel): learned positions, and weights stored input first. */
import { dimensionOf, geluTanh, reshape, split, type Tensor } from '@fedamole/graph';
import {
  flag,
  oneOf,
  positiveInteger,
  positiveNumber,
  UnsupportedModelError,
  type ConfigurationFields,
} from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { fusedDecoder } from './fused-decoder.js';
import { optionalInteger } from './llama-like.js';

export function gpt2(config: ConfigurationFields): Decoder {
  const width = positiveInteger(config, 'n_embd');
  const heads = positiveInteger(config, 'n_head');
  const scaled = flag(config, 'scale_attn_weights', true);
  const scaledByLayer = flag(config, 'scale_attn_by_inverse_layer_idx', false);
  oneOf(config, 'activation_function', ['gelu_new', 'gelu_pytorch_tanh'], 'gelu_new');
  if (flag(config, 'add_cross_attention', false)) {
    throw new UnsupportedModelError('config.json: add_cross_attention is true; expected false');
  }
  return fusedDecoder({
    family: 'gpt2',
    width,
    layers: positiveInteger(config, 'n_layer'),
    heads,
    vocabularySize: positiveInteger(config, 'vocab_size'),
    maxPositions: positiveInteger(config, 'n_positions', 1024),
    inner: optionalInteger(config, 'n_inner') ?? 4 * width,
    epsilon: positiveNumber(config, 'layer_norm_epsilon', 1e-5),
    tied: flag(config, 'tie_word_embeddings', true),
    bias: true,
    inputFirst: true,
    names: {
      tokenEmbedding: 'transformer.wte.weight',
      positionEmbedding: 'transformer.wpe.weight',
      attentionNorm: 'ln_1',
      queryKeyValue: 'attn.c_attn',
      output: 'attn.c_proj',
      feedForwardNorm: 'ln_2',
      up: 'mlp.c_fc',
      down: 'mlp.c_proj',
    },
    splitStates: (states, inputIds) => {
      const [batch, time] = [dimensionOf(inputIds, 0), dimensionOf(inputIds, 1)];
      const parts = split(states, 1, [width, width, width]).map((part) => reshape(part, [batch, time, width]));
      return parts as [Tensor, Tensor, Tensor];
    },
    activation: geluTanh,
    scoreScale: (layer) => (scaled ? (width / heads) ** -0.5 : 1) / (scaledByLayer ? layer + 1 : 1),
    biases: () => [],
  });
}
