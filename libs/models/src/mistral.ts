/** Mistral (Jiang et al. 2023; Hugging Face's MistralForCausalLM): a Llama whose queries see a sliding window. */
import type { ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { readCommonOptions, readOneWindow } from './llama-like.js';

export function mistral(config: ConfigurationFields): Decoder {
  const options = readCommonOptions(config, { tied: false, maxPositions: 4096 * 32, keyValueHeads: 8 });
  return gatedDecoder({
    ...options,
    family: 'mistral',
    bias: { queryKeyValue: false, output: false, feedForward: false },
    windowOf: readOneWindow(config, options.layers, config.optionalInteger('sliding_window', 4096)),
  });
}
