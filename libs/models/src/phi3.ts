/** Phi-3 (Abdin et al. 2024; Hugging Face's Phi3ForCausalLM): a Llama with fused projections. */
import { oneOf, positiveNumber, type ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { optionalInteger, readCommonOptions, readWindows } from './llama-like.js';

export function phi3(config: ConfigurationFields): Decoder {
  oneOf(config, 'hidden_act', ['silu'], 'silu');
  const options = readCommonOptions({ rms_norm_eps: 1e-5, ...config }, { tied: false, maxPositions: 4096 });
  const rotary = (config['rope_parameters'] ?? {}) as ConfigurationFields;
  const share = positiveNumber({ ...config, ...rotary }, 'partial_rotary_factor', 1);
  return gatedDecoder({
    ...options,
    family: 'phi3',
    activation: 'silu',
    bias: { queryKeyValue: false, output: false, feedForward: false },
    fused: true,
    rotatedWidth: Math.floor(options.headWidth * share),
    windowOf: readWindows(config, optionalInteger(config, 'sliding_window'), () => true),
  });
}
