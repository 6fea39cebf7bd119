/** The fields of config.json that Llama and its relatives spell alike. */
import { readActivation } from './activations.js';
import type { ConfigurationFields } from './configuration-fields.js';
import type { GatedDecoderOptions } from './gated-options.js';
import { readRotary, type RotaryShape } from './rotary.js';

type CommonOptions = Omit<GatedDecoderOptions, 'family' | 'bias'>;

export interface FamilyDefaults {
  readonly tied: boolean;
  readonly maxPositions: number;
  /** The hidden size divided by the heads unless given. */
  readonly headWidth?: number;
  readonly keyValueHeads?: number;
  readonly epsilon?: number;
  readonly activationField?: string;
  readonly activation?: 'silu' | 'gelu_pytorch_tanh';
  readonly rotary?: Omit<RotaryShape, 'headWidth' | 'maxPositions'>;
}

export function readCommonOptions(config: ConfigurationFields, defaults: FamilyDefaults): CommonOptions {
  const hiddenSize = config.integer('hidden_size');
  const heads = config.integer('num_attention_heads');
  const headWidth = config.integer('head_dim', defaults.headWidth ?? hiddenSize / heads);
  const rotary = readRotary(config, {
    ...defaults.rotary,
    headWidth,
    maxPositions: config.integer('max_position_embeddings', defaults.maxPositions),
  });
  return {
    hiddenSize,
    heads,
    layers: config.integer('num_hidden_layers'),
    keyValueHeads: config.optionalInteger('num_key_value_heads', defaults.keyValueHeads) ?? heads,
    headWidth,
    intermediateSize: config.integer('intermediate_size'),
    vocabularySize: config.integer('vocab_size'),
    maxPositions: rotary.maxPositions,
    epsilon: config.number('rms_norm_eps', defaults.epsilon ?? 1e-6),
    tied: config.flag('tie_word_embeddings', defaults.tied),
    rotary: rotary.embedding,
    activation: readActivation(config, defaults.activationField ?? 'hidden_act', defaults.activation ?? 'silu'),
  };
}

/**
 * Which layers have a sliding window: `layer_types` where config.json lists them, else what the family decides by a
 * layer's index.
 */
export function readWindows(
  config: ConfigurationFields,
  layers: number,
  window: number | null,
  isSliding: (layer: number) => boolean,
): (layer: number) => number | null {
  const listed = config.value('layer_types');
  const kinds = window === null ? ['full_attention'] : ['full_attention', 'sliding_attention'];
  if (listed === undefined) return (layer) => (isSliding(layer) ? window : null);
  if (!Array.isArray(listed) || listed.length !== layers || !listed.every((kind) => kinds.includes(kind as string))) {
    throw config.refusal('layer_types', `a list of ${layers} of ${kinds.map((kind) => `"${kind}"`).join(' or ')}`);
  }
  return (layer) => (listed[layer] === 'sliding_attention' ? window : null);
}

/** A family whose layers are all alike: `layer_types` may only say so. */
export function readOneWindow(
  config: ConfigurationFields,
  layers: number,
  window: number | null,
): (layer: number) => number | null {
  const windowOf = readWindows(config, layers, window, () => true);
  if (Array.from({ length: layers }, (_, layer) => windowOf(layer)).some((found) => found !== window)) {
    throw config.refusal('layer_types', `every layer to be sliding_attention, for sliding_window is ${window}`);
  }
  return windowOf;
}
