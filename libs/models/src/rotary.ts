/**
 * Rotary position embedding: its frequencies from a model's configuration, in both spellings that Hugging Face uses
 * (`rope_parameters`, and the older `rope_scaling` beside `rope_theta`).
 */
import {
  concat,
  dimensionOf,
  reshape,
  rotate,
  split,
  type Graph,
  type RotaryTables,
  type Tensor,
} from '@fedamole/graph';
import { asFields, oneOf, positiveInteger, positiveNumber, type ConfigurationFields } from './configuration-fields.js';

export type RotaryScaling =
  | { readonly kind: 'default' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalMaxPositions: number;
    };

export interface RotarySettings {
  readonly theta: number;
  readonly scaling: RotaryScaling;
}

export function readRotarySettings(config: ConfigurationFields): RotarySettings {
  const spelled = config['rope_parameters'] ?? config['rope_scaling'] ?? {};
  const fields = asFields(
    spelled,
    config['rope_parameters'] === undefined ? 'config.json: rope_scaling' : 'config.json: rope_parameters',
  );
  const theta = positiveNumber({ rope_theta: fields['rope_theta'] ?? config['rope_theta'] }, 'rope_theta', 10_000);
  const named = { rope_type: fields['rope_type'] ?? fields['type'] };
  const kind = oneOf(named, 'rope_type', ['default', 'linear', 'llama3'], 'default');
  if (kind === 'default') return { theta, scaling: { kind } };
  const factor = positiveNumber(fields, 'factor');
  if (kind === 'linear') return { theta, scaling: { kind, factor } };
  return {
    theta,
    scaling: {
      kind,
      factor,
      lowFrequencyFactor: positiveNumber(fields, 'low_freq_factor'),
      highFrequencyFactor: positiveNumber(fields, 'high_freq_factor'),
      originalMaxPositions: positiveInteger(fields, 'original_max_position_embeddings'),
    },
  };
}

/** Radians per position for each pair of a head's coordinates [headWidth / 2]. */
export function rotaryFrequencies({ theta, scaling }: RotarySettings, headWidth: number): number[] {
  return Array.from({ length: headWidth / 2 }, (_, pair) => {
    const frequency = theta ** ((-2 * pair) / headWidth);
    if (scaling.kind === 'default') return frequency;
    if (scaling.kind === 'linear') return frequency / scaling.factor;
    return llama3Frequency(frequency, scaling);
  });
}

/** Llama 3.1's stretching: long wavelengths are scaled, short ones kept, those between interpolated. */
function llama3Frequency(frequency: number, scaling: Extract<RotaryScaling, { kind: 'llama3' }>): number {
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalMaxPositions } = scaling;
  const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
  if (turns > highFrequencyFactor) return frequency;
  if (turns < lowFrequencyFactor) return frequency / factor;
  const smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
  return (1 - smooth) * (frequency / factor) + smooth * frequency;
}

/** Cosines and sines of every position, each [positions, headWidth / 2]. */
export function rotaryTables(
  graph: Graph,
  settings: RotarySettings,
  headWidth: number,
  positions: number,
): RotaryTables {
  const frequencies = rotaryFrequencies(settings, headWidth);
  const table = (of: (angle: number) => number): number[] =>
    Array.from({ length: positions }, (_, position) => frequencies.map((frequency) => of(position * frequency))).flat();
  const shape = [positions, headWidth / 2];
  return { cosines: graph.constant(table(Math.cos), shape), sines: graph.constant(table(Math.sin), shape) };
}

/** Rotates x [batch, time, heads * headWidth]; where the tables are narrower than a head, only its first coordinates. */
export function rotateHeads(
  x: Tensor,
  positions: Tensor,
  tables: RotaryTables,
  heads: number,
  headWidth: number,
): Tensor {
  const rotated = 2 * (dimensionOf(tables.cosines, 1) as number);
  if (rotated === headWidth) return rotate(x, positions, tables, heads);
  const [batch, time] = [dimensionOf(x, 0), dimensionOf(x, 1)];
  const parts = split(reshape(x, [batch, time, heads, headWidth]), 3, [rotated, headWidth - rotated]) as [
    Tensor,
    Tensor,
  ];
  const turned = rotate(reshape(parts[0], [batch, time, heads * rotated]), positions, tables, heads);
  const joined = concat([reshape(turned, [batch, time, heads, rotated]), parts[1]], 3);
  return reshape(joined, [batch, time, heads * headWidth]);
}
