/**
 * Gemma 2 (Gemma Team 2024; Hugging Face's Gemma2ForCausalLM): soft caps on attention scores and logits, every other layer
 * with a sliding window, normalisations before and after attention and feed-forward, whose weights are stored less one.
 */
import {
  flag,
  oneOf,
  positiveNumber,
  UnsupportedModelError,
  type ConfigurationFields,
} from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { optionalInteger, optionalNumber, readCommonOptions, readWindows } from './llama-like.js';

export function gemma2(config: ConfigurationFields): Decoder {
  oneOf(config, 'hidden_activation', ['gelu_pytorch_tanh'], 'gelu_pytorch_tanh');
  if (config['use_bidirectional_attention'] === true) {
    throw new UnsupportedModelError('config.json: use_bidirectional_attention is true; expected false');
  }
  const attentionBias = flag(config, 'attention_bias', false);
  const options = readCommonOptions(config, { tied: true, headWidth: 256, maxPositions: 8192 });
  const window = 'sliding_window' in config ? optionalInteger(config, 'sliding_window') : 4096;
  return gatedDecoder({
    ...options,
    family: 'gemma2',
    activation: 'gelu-tanh',
    bias: { queryKeyValue: attentionBias, output: attentionBias, feedForward: false },
    windowOf: readWindows(config, window, (layer) => layer % 2 === 0),
    normOffset: 1,
    normedOutputs: true,
    embeddingScale: Math.sqrt(options.hiddenSize),
    attentionScale: positiveNumber(config, 'query_pre_attn_scalar', 256) ** -0.5,
    attentionCap: optionalNumber(config, 'attn_logit_softcapping', 50),
    logitCap: optionalNumber(config, 'final_logit_softcapping', 30),
  });
}
