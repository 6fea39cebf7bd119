/** What the relatives of Llama do differently from one another. */
import type { Activation } from './activations.js';
import type { RotaryEmbedding } from './rotary.js';

export interface GatedDecoderOptions {
  readonly family: string;
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headWidth: number;
  readonly intermediateSize: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly epsilon: number;
  readonly tied: boolean;
  readonly rotary: RotaryEmbedding;
  readonly activation: Activation;
  /** Biases of q, k and v, of o, and of the feed-forward layers. */
  readonly bias: { readonly queryKeyValue: boolean; readonly output: boolean; readonly feedForward: boolean };
  /** Tokens that a layer's queries see, their own included; null for all. */
  readonly windowOf?: (layer: number) => number | null;
  /** q, k and v in one weight, and gate and up in another. */
  readonly fused?: boolean;
  /** Queries and keys are normalised head by head before they are rotated. */
  readonly queryKeyNorm?: boolean;
  /** Added to every normalisation's weight. */
  readonly normOffset?: number;
  /** The outputs of attention and feed-forward are normalised too, before they are added. */
  readonly normedOutputs?: boolean;
  readonly embeddingScale?: number;
  readonly attentionScale?: number;
  readonly attentionCap?: number | null;
  readonly logitCap?: number | null;
}
