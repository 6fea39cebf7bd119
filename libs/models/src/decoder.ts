/** What every decoder family offers: its description, the weights that it reads, and its hidden states as a graph. */
import type { Graph, RotaryTables, Tensor } from '@fedamole/graph';
import type { RotaryEmbedding } from './rotary.js';

/** A linear layer that adapters may attach to: it maps [tokens, inputWidth] to [tokens, outputWidth]. */
export interface LinearModule {
  readonly name: string;
  readonly inputWidth: number;
  readonly outputWidth: number;
}

/** Adds an adapter's contribution to a frozen layer's output: input [tokens, inputWidth], output [tokens, outputWidth]. */
export type AdaptLinear = (module: string, input: Tensor, output: Tensor) => Tensor;

export interface DecoderInputs {
  /** Token ids [batch, time]. Time may be a sum of parts, `(early+late)`: each of them is attended on its own. */
  readonly inputIds: Tensor;
  /** Each token's position in its own sequence [batch, time]. */
  readonly positions: Tensor;
  /** For each part of time, positions of the cache's slots, then of the tokens to its end, as reals [batch, 1, 1, past + end]. */
  readonly keyPositions: () => readonly Tensor[];
  /**
   * Added to the attention scores of each part of time [batch, 1, part, past + end]: 0 where a query may look, else very
   * negative. A window lets it see that many tokens, its own included.
   */
  readonly attentionBias: (window: number | null) => readonly Tensor[];
  /** Cosines and sines of the positions so far, each [positions, pairs]. */
  readonly rotaryTables: (embedding: RotaryEmbedding) => RotaryTables;
  /**
   * Of a layer's states [batch * time, width] those that are needed once it has attended: all but in the last layer, behind
   * whose attention no token reads another, and there the wanted ones [wanted, width] where that is safe.
   */
  readonly wanted: (layer: number, states: Tensor) => Tensor;
  /** Slots for keys and values of earlier tokens, one pair a layer, each [batch, keyValueHeads, past, headWidth]. */
  readonly past?: readonly KeyValues[];
}

export interface KeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

export interface DecoderOutputs {
  /** Of the tokens that are wanted of the last layer [wanted, width], as `normalize` takes it. */
  readonly hidden: Tensor;
  /** Keys and values of the new tokens, one pair a layer, each [batch, keyValueHeads, time, headWidth]. */
  readonly present: readonly KeyValues[];
}

/** Finds a weight by its Hugging Face name. */
export type WeightSource = (name: string) => Tensor;

export interface Decoder {
  readonly family: string;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly layers: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  /** The rotary embeddings whose tables it reads. */
  readonly rotaryEmbeddings: readonly RotaryEmbedding[];
  /** Every weight that the family reads, by name, with its shape. */
  readonly weights: ReadonlyMap<string, readonly number[]>;
  /** The linear layers that are adapted unless others are named: PEFT's default targets of the family. */
  readonly defaultModules: readonly LinearModule[];
  /** Every linear layer that can be adapted, in the order in which a token passes them: all but the output layer. */
  readonly linearModules: readonly LinearModule[];
  /** Those linear layers that stand behind the last attention. */
  readonly modulesBehindAttention: readonly LinearModule[];
  hiddenStates(graph: Graph, weight: WeightSource, inputs: DecoderInputs, adapt: AdaptLinear): DecoderOutputs;
  /** What the output layer reads, from selected hidden states [positions, width]: usually their normalisation. */
  normalize(weight: WeightSource, hidden: Tensor): Tensor;
  /** The name of the output layer's matrix [vocabularySize, width]: the embedding's where they are tied. */
  readonly outputWeight: string;
  /** Logits are softly capped at this magnitude; null where they are not. */
  readonly logitCap: number | null;
}

/** The number of parameters that a decoder reads. */
export function parameterCount(decoder: Decoder): number {
  let count = 0;
  for (const shape of decoder.weights.values()) count += shape.reduce((product, dimension) => product * dimension, 1);
  return count;
}
