/**
 * Fields of config.json that change what some decoder computes. One that a family does not read has to say that nothing is
 * changed, or the model is refused: what it holds would otherwise be left out without a word. Fields beyond these (token ids,
 * initialisation, dropout rates, notes of the tool that wrote the file) change nothing: the frozen base computes without dropout.
 */
import type { ConfigurationFields } from './configuration-fields.js';

/** By field, the values that leave a decoder as it is; null always does. */
const neutralValues: Readonly<Record<string, readonly unknown[]>> = {
  // how weights are stored
  quantization_config: [],
  compression_config: [],
  transformers_weights: [],
  // whole parts
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  cross_attention_hidden_size: [],
  is_causal: [true],
  use_bidirectional_attention: [false],
  num_experts: [0, 1],
  num_local_experts: [0, 1],
  n_routed_experts: [0],
  // layers
  per_layer_config: [],
  attention_bias: [false],
  attention_out_bias: [false],
  qkv_bias: [false],
  mlp_bias: [false],
  use_bias: [false],
  lm_head_bias: [false],
  qk_norm: [false],
  qk_layernorm: [false],
  use_qk_norm: [false],
  parallel_attn: [false],
  use_parallel_residual: [false],
  multi_query: [false],
  new_decoder_architecture: [false],
  apply_residual_connection_post_layernorm: [false],
  head_dim: [],
  // positions
  alibi: [false],
  rope_parameters: [],
  rope_scaling: [],
  rope_interleaved: [false],
  rope_local_base_freq: [],
  partial_rotary_factor: [1],
  rotary_pct: [1],
  use_mrope: [false],
  no_rope_layers: [],
  no_rope_layer_interval: [],
  learned_embeddings: [true],
  // who sees whom
  sliding_window: [],
  sliding_window_pattern: [],
  use_sliding_window: [false],
  layer_types: [],
  full_attn_mod: [1],
  // factors and caps
  attention_multiplier: [],
  attn_logit_softcapping: [],
  attn_temperature_tuning: [false],
  clip_qkv: [],
  embedding_multiplier: [1],
  final_logit_softcapping: [],
  interpolate_factor: [1],
  logit_scale: [1],
  logits_scaling: [1],
  query_pre_attn_scalar: [],
  residual_multiplier: [1],
  scale_attn_by_inverse_layer_idx: [false],
  scale_depth: [],
  scale_emb: [1],
  scale_embedding: [false],
  scale_embeddings: [false],
};

/** Throws UnsupportedModelError for the first field that would be left out; for a family that has read all it knows. */
export function refuseForeignFields(config: ConfigurationFields): void {
  for (const name of config.ignored()) {
    const neutral = Object.hasOwn(neutralValues, name) ? neutralValues[name] : undefined;
    if (neutral === undefined || neutral.includes(config.value(name))) continue;
    throw config.refusal(name, neutral.length === 0 ? 'null' : neutral.map(String).join(' or '));
  }
}
