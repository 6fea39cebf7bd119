/**
 * Gemma 2 (Gemma Team 2024; Hugging Face's Gemma2ForCausalLM): soft caps on attention scores and logits, every other layer
 * with a sliding window, normalisations before and after attention and feed-forward, whose weights are stored less one.
 */
import type { ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { readCommonOptions, readWindows } from './llama-like.js';

export function gemma2(config: ConfigurationFields): Decoder {
  const options = readCommonOptions(config, {
    tied: true,
    headWidth: 256,
    keyValueHeads: 4,
    maxPositions: 8192,
    activationField: 'hidden_activation',
    activation: 'gelu_pytorch_tanh',
  });
  const attentionBias = config.flag('attention_bias', false);
  const window = config.optionalInteger('sliding_window', 4096);
  return gatedDecoder({
    ...options,
    family: 'gemma2',
    bias: { queryKeyValue: attentionBias, output: attentionBias, feedForward: false },
    windowOf: readWindows(config, options.layers, window, (layer) => layer % 2 === 0),
    normOffset: 1,
    normedOutputs: true,
    embeddingScale: Math.sqrt(options.hiddenSize),
    attentionScale: config.number('query_pre_attn_scalar', 256) ** -0.5,
    attentionCap: config.optionalNumber('attn_logit_softcapping', 50),
    logitCap: config.optionalNumber('final_logit_softcapping', 30),
  });
}
