/** GPT-2 (Radford et al. 2019; Hugging Face's GPT2LMHeadModel): learned positions, and weights stored input first. */
import { dimensionOf, reshape, split, type Tensor } from '@fedamole/graph';
import { readActivation } from './activations.js';
import type { ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { fusedDecoder } from './fused-decoder.js';

export function gpt2(config: ConfigurationFields): Decoder {
  // transformers lets the names of other families stand for GPT-2's own
  const size = (alias: string, name: string, fallback?: number): number =>
    config.optionalInteger(alias) ?? config.integer(name, fallback);
  const width = size('hidden_size', 'n_embd');
  const heads = size('num_attention_heads', 'n_head');
  const scaled = config.flag('scale_attn_weights', true);
  const scaledByLayer = config.flag('scale_attn_by_inverse_layer_idx', false);
  return fusedDecoder({
    family: 'gpt2',
    width,
    layers: size('num_hidden_layers', 'n_layer'),
    heads,
    keyValueHeads: heads,
    vocabularySize: config.integer('vocab_size'),
    maxPositions: size('max_position_embeddings', 'n_positions', 1024),
    inner: config.optionalInteger('n_inner') ?? 4 * width,
    epsilon: config.number('layer_norm_epsilon', 1e-5),
    tied: config.flag('tie_word_embeddings', true),
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
    parallel: false,
    rotary: null,
    splitStates: (states, inputIds) => {
      const [batch, time] = [dimensionOf(inputIds, 0), dimensionOf(inputIds, 1)];
      const parts = split(states, 1, [width, width, width]).map((part) => reshape(part, [batch, time, width]));
      return parts as [Tensor, Tensor, Tensor];
    },
    activation: readActivation(config, 'activation_function', 'gelu_new'),
    scoreScale: (layer) => (scaled ? (width / heads) ** -0.5 : 1) / (scaledByLayer ? layer + 1 : 1),
    biases: () => [],
  });
}
