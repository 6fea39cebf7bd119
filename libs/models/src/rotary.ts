/**
 * Rotary position embedding (Su et al. 2021): read from config.json in both spellings that Hugging Face uses
 * (`rope_parameters`, and the older `rope_scaling` beside `rope_theta`), and applied to queries and keys.
 */
import { concat, dimensionOf, reshape, rotate, split, type RotaryTables, type Tensor } from '@fedamole/graph';
import { ConfigurationFields } from './configuration-fields.js';
import {
  plainFrequencies,
  rotaryKinds,
  type RotaryKind,
  type RotaryKindName,
  type RotaryTurns,
} from './rotary-kinds.js';

/**
 * A rotary embedding that a decoder reads tables of. They are inputs of its graph: where turns depend on a sequence's length,
 * that is the length of the batch's longest row, earlier tokens included.
 */
export interface RotaryEmbedding {
  /** Tells a decoder's tables apart where it reads several. */
  readonly name: string;
  /** Pairs of a head's coordinates that are rotated: the first ones. */
  readonly pairs: number;
  readonly turns: RotaryKind['turns'];
  readonly keysFollow: boolean;
}

export interface RotaryShape {
  readonly headWidth: number;
  readonly maxPositions: number;
  /** Original positions where the file says nothing of them; the section's, or else `maxPositions`, unless given. */
  readonly originalMaxPositions?: number;
  /** The share of a head that is rotated may be less than 1. */
  readonly partial?: boolean;
  /** The kinds that the family has, by their names in config.json; all of them under their own names unless given. */
  readonly kinds?: Readonly<Record<string, RotaryKindName>>;
}

const ownNames = Object.fromEntries(Object.keys(rotaryKinds).map((name) => [name, name])) as Record<
  RotaryKindName,
  RotaryKindName
>;

/** The embedding, and the positions that it reaches. Throws UnsupportedModelError where a field is malformed or unknown to the kind. */
export function readRotary(
  config: ConfigurationFields,
  { headWidth, maxPositions, partial = false, kinds = ownNames, ...defaults }: RotaryShape,
): { readonly embedding: RotaryEmbedding; readonly maxPositions: number } {
  const [older, newer] = [config.section('rope_scaling'), config.section('rope_parameters')];
  if (older !== null && newer !== null) throw config.refusal('rope_scaling', 'null beside rope_parameters');
  const fields = older ?? newer ?? ConfigurationFields.of({});
  const theta = fields.number('rope_theta', config.number('rope_theta', 10_000));
  const spelling = fields.value('rope_type') === undefined ? 'type' : 'rope_type';
  const kind = kinds[fields.oneOf(spelling, Object.keys(kinds), 'default')] as RotaryKindName;
  const share = fields.number('partial_rotary_factor', config.number('partial_rotary_factor', 1));
  if (share > 1 || (share < 1 && !partial)) {
    const said = fields.has('partial_rotary_factor') ? fields : config;
    throw said.refusal('partial_rotary_factor', partial ? 'at most 1' : '1');
  }
  const width = Math.floor(headWidth * share);
  const frequencies = plainFrequencies(theta, width);
  // what the file says, or the family, is right beside the section: Phi-3 leaves a stale one there
  const inSection = fields.integer('original_max_position_embeddings', maxPositions);
  const original = defaults.originalMaxPositions ?? inSection;
  const originalMaxPositions = config.integer('original_max_position_embeddings', original);
  const base = { theta, width, frequencies, maxPositions, originalMaxPositions };
  const { turns, keysFollow = false, ...reach }: RotaryKind = rotaryKinds[kind](fields, base);
  refuseUnknown(fields, kind);
  return { embedding: { name: 'rotary', pairs: frequencies.length, turns, keysFollow }, maxPositions, ...reach };
}

/** What a kind has not read would be left out of it; `finetuned` is a note of YaRN's first checkpoints. */
function refuseUnknown(fields: ConfigurationFields, kind: RotaryKindName): void {
  fields.value('type');
  fields.value('finetuned');
  const [unknown] = fields.ignored();
  if (unknown !== undefined) throw fields.refusal(unknown, `no such field for rotary positions of type "${kind}"`);
}

export interface RotaryRows {
  /** [positions, pairs] */
  readonly cosines: Float32Array;
  readonly sines: Float32Array;
}

/** Cosines and sines of positions 0 to `positions` - 1, of angles in float32, as Hugging Face has them: late ones would differ visibly. */
export function rotaryRows({ frequencies, magnitude }: RotaryTurns, positions: number): RotaryRows {
  const pairs = frequencies.length;
  const cosines = new Float32Array(positions * pairs);
  const sines = new Float32Array(positions * pairs);
  for (let position = 0; position < positions; position += 1) {
    frequencies.forEach((frequency, pair) => {
      const angle = Math.fround(position * Math.fround(frequency));
      cosines[position * pairs + pair] = magnitude * Math.cos(angle);
      sines[position * pairs + pair] = magnitude * Math.sin(angle);
    });
  }
  return { cosines, sines };
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
