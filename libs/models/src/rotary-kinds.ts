/**
 * The kinds of rotary position embedding, by config.json's `rope_type`: each reads its own fields and says how fast the pairs
 * of a head's coordinates turn. Formulas as in the papers named, constants and fallbacks as in Hugging Face's transformers.
 */
import type { ConfigurationFields } from './configuration-fields.js';

export interface RotaryTurns {
  /** Radians per position of each pair of coordinates. */
  readonly frequencies: readonly number[];
  /** Factor on all cosines and sines. */
  readonly magnitude: number;
}

export interface RotaryBase {
  readonly theta: number;
  /** Coordinates of a head that are rotated. */
  readonly width: number;
  /** Those of the default kind: theta^(-2 i / width). */
  readonly frequencies: readonly number[];
  readonly maxPositions: number;
  /** Positions before the model was stretched. */
  readonly originalMaxPositions: number;
}

export interface RotaryKind {
  /** How a sequence of so many tokens is turned: the same object for all lengths that are turned alike. */
  readonly turns: (length: number) => RotaryTurns;
  /** Where turns change while an answer grows: whether earlier keys are turned anew; else they stay as they were. */
  readonly keysFollow?: boolean;
  /** Positions that the kind reaches, where those are more than max_position_embeddings. */
  readonly maxPositions?: number;
}

type ReadKind = (fields: ConfigurationFields, base: RotaryBase) => RotaryKind;

const always = (frequencies: readonly number[], magnitude = 1): RotaryKind => {
  const turns = { frequencies, magnitude };
  return { turns: () => turns };
};

export const plainFrequencies = (theta: number, width: number): number[] =>
  Array.from({ length: Math.ceil(width / 2) }, (_, pair) => theta ** ((-2 * pair) / width));

/** Position interpolation (Chen et al. 2023). */
const linear: ReadKind = (fields, { frequencies }) => {
  const factor = fields.number('factor');
  return always(frequencies.map((frequency) => frequency / factor));
};

/**
 * Theta grows with the sequence where that is longer than `max_position_embeddings` (dynamic NTK scaling). It follows from the
 * length alone; transformers keeps the largest that it has seen until a sequence is shorter than the model.
 */
const dynamic: ReadKind = (fields, { theta, width, frequencies, maxPositions }) => {
  const factor = fields.number('factor');
  const plain = { frequencies, magnitude: 1 };
  return {
    maxPositions: Math.floor(maxPositions * Math.max(1, factor)),
    turns: (length) => {
      if (length <= maxPositions) return plain;
      const stretched = theta * ((factor * length) / maxPositions - (factor - 1)) ** (width / (width - 2));
      return { frequencies: plainFrequencies(stretched, width), magnitude: 1 };
    },
  };
};

/** Llama 3.1's stretching: long wavelengths are scaled, short ones kept, those between interpolated. */
const llama3: ReadKind = (fields, { frequencies, originalMaxPositions }) => {
  const factor = fields.number('factor');
  const low = fields.number('low_freq_factor');
  const high = fields.number('high_freq_factor');
  return always(
    frequencies.map((frequency) => {
      const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
      if (turns > high) return frequency;
      if (turns < low) return frequency / factor;
      return mix(frequency / factor, frequency, (turns - low) / (high - low));
    }),
  );
};

/** YaRN (Peng et al. 2023): interpolation of slow pairs, none of fast ones, a ramp between; scores are sharpened. */
const yarn: ReadKind = (fields, { theta, width, frequencies, maxPositions, originalMaxPositions }) => {
  const factor = fields.number('factor', maxPositions / originalMaxPositions);
  // the pair that turns so many times within the original length
  const pairOf = (turns: number): number =>
    (width * Math.log(originalMaxPositions / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const bounds = [pairOf(fields.number('beta_fast', 32)), pairOf(fields.number('beta_slow', 1))] as const;
  const [low, high] = fields.flag('truncate', true) ? [Math.floor(bounds[0]), Math.ceil(bounds[1])] : bounds;
  const start = Math.max(low, 0);
  const end = Math.min(high, width - 1);
  const steps = end === start ? 0.001 : end - start;
  const stretched = frequencies.map((frequency, pair) =>
    mix(frequency, frequency / factor, Math.min(1, Math.max(0, (pair - start) / steps))),
  );
  return always(stretched, yarnMagnitude(fields, factor));
};

function yarnMagnitude(fields: ConfigurationFields, factor: number): number {
  const sharpened = (weight: number): number => (factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1);
  const given = fields.optionalNumber('attention_factor');
  const weight = fields.value('mscale') === 0 ? null : fields.optionalNumber('mscale');
  const weightOfAll = fields.value('mscale_all_dim') === 0 ? null : fields.optionalNumber('mscale_all_dim');
  if (given !== null) return given;
  return weight === null || weightOfAll === null ? sharpened(1) : sharpened(weight) / sharpened(weightOfAll);
}

/**
 * LongRoPE (Ding et al. 2024): one factor a pair, of two lists; a sequence longer than the original length takes the long ones,
 * for all of its tokens.
 */
const longrope: ReadKind = (fields, { frequencies, maxPositions, originalMaxPositions }) => {
  const factor = fields.number('factor', maxPositions / originalMaxPositions);
  const sharpened = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalMaxPositions));
  const magnitude = fields.optionalNumber('attention_factor') ?? sharpened;
  const divided = (name: string): RotaryTurns => {
    const factors = fields.numbers(name, frequencies.length);
    return { frequencies: frequencies.map((frequency, pair) => frequency / (factors[pair] as number)), magnitude };
  };
  const [short, long] = [divided('short_factor'), divided('long_factor')];
  return { turns: (length) => (length > originalMaxPositions ? long : short), keysFollow: true };
};

export const rotaryKinds = {
  default: (_fields, { frequencies }) => always(frequencies),
  linear,
  dynamic,
  llama3,
  yarn,
  longrope,
} satisfies Record<string, ReadKind>;

export type RotaryKindName = keyof typeof rotaryKinds;

const mix = (from: number, to: number, share: number): number => (1 - share) * from + share * to;
