/** Mistral (Jiang et al. 2023; Hugging Face's MistralForCausalLM): a Llama whose queries see a sliding window. */
import { oneOf, type ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { optionalInteger, readCommonOptions, readWindows } from './llama-like.js';

export function mistral(config: ConfigurationFields): Decoder {
  oneOf(config, 'hidden_act', ['silu'], 'silu');
  const window = 'sliding_window' in config ? optionalInteger(config, 'sliding_window') : 4096;
  return gatedDecoder({
    ...readCommonOptions(config, { tied: false, maxPositions: 4096 * 32 }),
    family: 'mistral',
    activation: 'silu',
    bias: { queryKeyValue: false, output: false, feedForward: false },
    windowOf: readWindows(config, window, () => true),
  });
}
