/** Phi-3 (Abdin et al. 2024; Hugging Face's Phi3ForCausalLM): a Llama with fused projections. */
import type { ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { readCommonOptions, readOneWindow } from './llama-like.js';

export function phi3(config: ConfigurationFields): Decoder {
  const options = readCommonOptions(config, {
    tied: false,
    maxPositions: 4096,
    epsilon: 1e-5,
    // its first checkpoints call LongRoPE "su" or "yarn"
    rotary: {
      originalMaxPositions: 4096,
      partial: true,
      kinds: { default: 'default', longrope: 'longrope', su: 'longrope', yarn: 'longrope' },
    },
  });
  return gatedDecoder({
    ...options,
    family: 'phi3',
    bias: { queryKeyValue: false, output: false, feedForward: false },
    fused: true,
    windowOf: readOneWindow(config, options.layers, config.optionalInteger('sliding_window')),
  });
}
