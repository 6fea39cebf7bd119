/**
 * Falcon (Penedo et al. 2023; Hugging Face's FalconForCausalLM) in its three forms: RW (1B, 7B), the first one (7B) and the new
 * architecture (40B, 180B, 11B). A group of query heads lies beside its key and its value in one weight; positions are rotated
 * or, in RW, linear biases.
 */
import { cast, dimensionOf, multiply, reshape, scale, split, type Tensor } from '@fedamole/graph';
import { readActivation } from './activations.js';
import type { ConfigurationFields } from './configuration-fields.js';
import type { Decoder, DecoderInputs } from './decoder.js';
import { fusedDecoder } from './fused-decoder.js';
import { readRotary } from './rotary.js';

export function falcon(config: ConfigurationFields): Decoder {
  const width = config.integer('n_embed', config.integer('hidden_size'));
  const heads = config.integer('num_attention_heads');
  const headWidth = width / heads;
  const keyValueHeads = readKeyValueHeads(config, heads);
  const group = heads / keyValueHeads;
  const norms = readNorms(config);
  const rotary = readRotary(config, { headWidth, maxPositions: config.integer('max_position_embeddings', 2048) });
  const linearBiases = config.flag('alibi', false);
  return fusedDecoder({
    family: 'falcon',
    width,
    layers: config.integer('num_hidden_layers'),
    heads,
    keyValueHeads,
    vocabularySize: config.integer('vocab_size'),
    maxPositions: rotary.maxPositions,
    inner: config.optionalInteger('ffn_hidden_size') ?? 4 * width,
    epsilon: config.number('layer_norm_epsilon', 1e-5),
    tied: config.flag('tie_word_embeddings', true),
    bias: config.flag('bias', false),
    inputFirst: false,
    names: {
      tokenEmbedding: 'transformer.word_embeddings.weight',
      positionEmbedding: null,
      attentionNorm: norms.attention,
      queryKeyValue: 'self_attention.query_key_value',
      output: 'self_attention.dense',
      feedForwardNorm: norms.feedForward,
      up: 'mlp.dense_h_to_4h',
      down: 'mlp.dense_4h_to_h',
    },
    parallel: norms.parallel,
    rotary: linearBiases ? null : rotary.embedding,
    splitStates: (states, inputIds) => {
      const [batch, time] = [dimensionOf(inputIds, 0), dimensionOf(inputIds, 1)];
      const groups = reshape(states, [batch, time, keyValueHeads, group + 2, headWidth]);
      const [q, k, v] = split(groups, 3, [group, 1, 1]) as [Tensor, Tensor, Tensor];
      const flat = (x: Tensor, count: number): Tensor => reshape(x, [batch, time, count * headWidth]);
      return [flat(q, heads), flat(k, keyValueHeads), flat(v, keyValueHeads)];
    },
    activation: readActivation(config, 'activation', 'gelu'),
    scoreScale: () => headWidth ** -0.5,
    biases: (inputs) => (linearBiases ? [alibi(inputs, heads, headWidth)] : []),
  });
}

/** The first form has one key for all heads or one for each; only the new one says how many. */
function readKeyValueHeads(config: ConfigurationFields, heads: number): number {
  const isNew = config.flag('new_decoder_architecture', false);
  const isMultiQuery = config.flag('multi_query', true);
  const count = config.optionalInteger('num_kv_heads') ?? heads;
  if (isNew) {
    if (heads % count !== 0) throw config.refusal('num_kv_heads', `a divisor of num_attention_heads ${heads}`);
    return count;
  }
  if (isMultiQuery) return 1;
  if (count !== heads) throw config.refusal('num_kv_heads', `num_attention_heads ${heads}, for multi_query is false`);
  return heads;
}

/** The names of a layer's normalisations, and whether attention and the feed-forward layer run side by side. */
function readNorms(config: ConfigurationFields) {
  const parallel = config.flag('parallel_attn', true);
  const isNew = config.flag('new_decoder_architecture', false);
  const count = config.optionalInteger('num_ln_in_parallel_attn') ?? (isNew ? 2 : 1);
  if (isNew && !parallel) throw config.refusal('parallel_attn', 'true, for new_decoder_architecture is true');
  if (!parallel) return { parallel, attention: 'input_layernorm', feedForward: 'post_attention_layernorm' };
  if (count > (isNew ? 2 : 1)) {
    throw config.refusal('num_ln_in_parallel_attn', isNew ? '1 or 2' : '1, for new_decoder_architecture is false');
  }
  if (count === 2) return { parallel, attention: 'ln_attn', feedForward: 'ln_mlp' };
  return { parallel, attention: 'input_layernorm', feedForward: null };
}

/**
 * Attention with linear biases (Press et al. 2022): slope times the key's position, [batch, heads, 1, total].
 * Hugging Face rounds slopes, positions and products to bfloat16, and scales them like the scores; so do we, or a trained model would
 * differ.
 */
function alibi({ inputIds: { graph }, keyPositions }: DecoderInputs, heads: number, headWidth: number): Tensor[] {
  const rounded = (x: Tensor): Tensor => cast(cast(x, 'bfloat16'), graph.computeType);
  const slopes = rounded(graph.constant(alibiSlopes(heads), [1, heads, 1, 1]));
  return keyPositions().map((positions) => scale(rounded(multiply(slopes, rounded(positions))), headWidth ** -0.5));
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
