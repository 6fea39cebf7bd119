/** Qwen 2 and 3 (Hugging Face's Qwen2ForCausalLM and Qwen3ForCausalLM). */
import { flag, oneOf, positiveInteger, type ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { optionalInteger, readCommonOptions, readWindows } from './llama-like.js';

/** A Llama with biases on q, k and v. */
export function qwen2(config: ConfigurationFields): Decoder {
  oneOf(config, 'hidden_act', ['silu'], 'silu');
  return gatedDecoder({
    ...readCommonOptions(config, { tied: false, maxPositions: 32_768 }),
    family: 'qwen2',
    activation: 'silu',
    bias: { queryKeyValue: true, output: false, feedForward: false },
    windowOf: windows(config),
  });
}

/** A Llama that normalises queries and keys head by head. */
export function qwen3(config: ConfigurationFields): Decoder {
  oneOf(config, 'hidden_act', ['silu'], 'silu');
  const attentionBias = flag(config, 'attention_bias', false);
  return gatedDecoder({
    ...readCommonOptions(config, { tied: false, headWidth: 128, maxPositions: 32_768 }),
    family: 'qwen3',
    activation: 'silu',
    bias: { queryKeyValue: attentionBias, output: attentionBias, feedForward: false },
    queryKeyNorm: true,
    windowOf: windows(config),
  });
}

/** Only the layers from `max_window_layers` on slide, and only on request. */
function windows(config: ConfigurationFields): (layer: number) => number | null {
  const window = flag(config, 'use_sliding_window', false) ? optionalInteger(config, 'sliding_window') : null;
  const from = window === null ? 0 : positiveInteger(config, 'max_window_layers', 28);
  return readWindows(config, window, (layer) => layer >= from);
}
