/** Qwen 2 and 3 (Hugging Face's Qwen2ForCausalLM and Qwen3ForCausalLM). */
import type { ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { gatedDecoder } from './gated-decoder.js';
import { readCommonOptions, readWindows } from './llama-like.js';

/** A Llama with biases on q, k and v, always. */
export function qwen2(config: ConfigurationFields): Decoder {
  if (!config.flag('attention_bias', true)) throw config.refusal('attention_bias', 'true');
  const options = readCommonOptions(config, { tied: false, maxPositions: 32_768, keyValueHeads: 32 });
  return gatedDecoder({
    ...options,
    family: 'qwen2',
    bias: { queryKeyValue: true, output: false, feedForward: false },
    windowOf: windows(config, options.layers),
  });
}

/** A Llama that normalises queries and keys head by head. */
export function qwen3(config: ConfigurationFields): Decoder {
  const options = readCommonOptions(config, { tied: false, headWidth: 128, maxPositions: 32_768, keyValueHeads: 32 });
  const attentionBias = config.flag('attention_bias', false);
  return gatedDecoder({
    ...options,
    family: 'qwen3',
    bias: { queryKeyValue: attentionBias, output: attentionBias, feedForward: false },
    queryKeyNorm: true,
    windowOf: windows(config, options.layers),
  });
}

/** Only the layers from `max_window_layers` on slide, and only on request. */
function windows(config: ConfigurationFields, layers: number): (layer: number) => number | null {
  const window = config.optionalInteger('sliding_window', 4096);
  const from = config.integer('max_window_layers', 28, 0);
  const used = config.flag('use_sliding_window', false);
  return readWindows(config, layers, used ? window : null, (layer) => layer >= from);
}
