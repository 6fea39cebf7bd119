/** Llama (Touvron et al. 2023; Hugging Face's LlamaForCausalLM), with Llama 3.x's rotary scaling. */
import { flag, oneOf, type ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { readCommonOptions } from './llama-like.js';

export function llama(config: ConfigurationFields): Decoder {
  oneOf(config, 'hidden_act', ['silu'], 'silu');
  const attentionBias = flag(config, 'attention_bias', false);
  return gatedDecoder({
    ...readCommonOptions(config, { tied: false, maxPositions: 2048 }),
    family: 'llama',
    activation: 'silu',
    bias: { queryKeyValue: attentionBias, output: attentionBias, feedForward: flag(config, 'mlp_bias', false) },
  });
}
