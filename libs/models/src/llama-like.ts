/** The fields of config.json that Llama and its relatives spell alike. */
import { flag, positiveInteger, positiveNumber, type ConfigurationFields } from './configuration-fields.js';
import type { GatedDecoderOptions } from './gated-decoder.js';
import { readRotarySettings } from './rotary.js';

type CommonOptions = Omit<GatedDecoderOptions, 'family' | 'activation' | 'bias'>;

export function readCommonOptions(
  config: ConfigurationFields,
  defaults: { readonly tied: boolean; readonly headWidth?: number; readonly maxPositions: number },
): CommonOptions {
  const hiddenSize = positiveInteger(config, 'hidden_size');
  const heads = positiveInteger(config, 'num_attention_heads');
  return {
    hiddenSize,
    heads,
    layers: positiveInteger(config, 'num_hidden_layers'),
    keyValueHeads: positiveInteger(config, 'num_key_value_heads', heads),
    headWidth: positiveInteger(config, 'head_dim', defaults.headWidth ?? hiddenSize / heads),
    intermediateSize: positiveInteger(config, 'intermediate_size'),
    vocabularySize: positiveInteger(config, 'vocab_size'),
    maxPositions: positiveInteger(config, 'max_position_embeddings', defaults.maxPositions),
    epsilon: positiveNumber(config, 'rms_norm_eps', 1e-6),
    tied: flag(config, 'tie_word_embeddings', defaults.tied),
    rotary: readRotarySettings(config),
  };
}

/**
 * Which layers have a sliding window: `layer_types` where config.json lists them, else what the family decides by a
 * layer's index.
 */
export function readWindows(
  config: ConfigurationFields,
  window: number | null,
  isSliding: (layer: number) => boolean,
): (layer: number) => number | null {
  const listed = config['layer_types'];
  const sliding = (layer: number): boolean =>
    Array.isArray(listed) ? listed[layer] === 'sliding_attention' : isSliding(layer);
  return (layer) => (sliding(layer) ? window : null);
}

/** A positive whole number, or null where the field is missing or null. */
export function optionalInteger(config: ConfigurationFields, name: string): number | null {
  return config[name] === undefined || config[name] === null ? null : positiveInteger(config, name);
}

/** A positive number, or null where the field is null; `fallback` where it is missing. */
export function optionalNumber(config: ConfigurationFields, name: string, fallback: number | null): number | null {
  if (config[name] === null) return null;
  return config[name] === undefined ? fallback : positiveNumber(config, name);
}
