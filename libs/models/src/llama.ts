/** Llama (Touvron et al. 2023; Hugging Face's LlamaForCausalLM). */
import type { ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { readCommonOptions, readOneWindow } from './llama-like.js';

export function llama(config: ConfigurationFields): Decoder {
  const options = readCommonOptions(config, { tied: false, maxPositions: 2048 });
  const attentionBias = config.flag('attention_bias', false);
  return gatedDecoder({
    ...options,
    family: 'llama',
    bias: { queryKeyValue: attentionBias, output: attentionBias, feedForward: config.flag('mlp_bias', false) },
    windowOf: readOneWindow(config, options.layers, null),
  });
}
