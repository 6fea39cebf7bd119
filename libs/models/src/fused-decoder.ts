/**
 * The decoder that GPT-2 and Falcon-RW share: layer normalisation before attention and before the feed-forward layer, and
 * queries, keys and values out of one weight. What a family does differently is an option; its file reads them.
 */
import { add, gatherRows, type Tensor } from '@fedamole/graph';
import { attention } from './attention.js';
import { UnsupportedModelError } from './configuration-fields.js';
import type { Decoder, DecoderInputs, KeyValues } from './decoder.js';
import { asModules, Layers, WeightTable } from './layers.js';

export interface FusedDecoderOptions {
  readonly family: string;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly vocabularySize: number;
  readonly maxPositions: number;
  readonly inner: number;
  readonly epsilon: number;
  readonly tied: boolean;
  readonly bias: boolean;
  /** Whether linear weights are [inputWidth, outputWidth]. */
  readonly inputFirst: boolean;
  readonly names: {
    readonly tokenEmbedding: string;
    /** Null where positions are not learned. */
    readonly positionEmbedding: string | null;
    readonly attentionNorm: string;
    readonly queryKeyValue: string;
    readonly output: string;
    readonly feedForwardNorm: string;
    readonly up: string;
    readonly down: string;
  };
  /** Queries, keys and values [batch, time, width] out of [batch * time, 3 * width]. */
  readonly splitStates: (states: Tensor, inputIds: Tensor) => [Tensor, Tensor, Tensor];
  readonly activation: (x: Tensor) => Tensor;
  /** Factor on a layer's attention scores. */
  readonly scoreScale: (layer: number) => number;
  /** Biases on the attention scores beside the causal one. */
  readonly biases: (inputs: DecoderInputs) => readonly Tensor[];
}

export function fusedDecoder(options: FusedDecoderOptions): Decoder {
  const { width, heads, vocabularySize, maxPositions, epsilon, names } = options;
  if (width % heads !== 0) {
    throw new UnsupportedModelError(`config.json: a width of ${width} is no multiple of ${heads} heads`);
  }
  const headWidth = width / heads;
  const table = new WeightTable();
  const tokenEmbedding = table.matrix(names.tokenEmbedding, vocabularySize, width);
  const positionEmbedding =
    names.positionEmbedding === null ? null : table.matrix(names.positionEmbedding, maxPositions, width);
  const linear = (name: string, inputWidth: number, outputWidth: number) =>
    table.linear({ name, inputWidth, outputWidth, bias: options.bias, inputFirst: options.inputFirst });
  const layers = Array.from({ length: options.layers }, (_, index) => {
    const name = (part: string): string => `transformer.h.${index}.${part}`;
    return {
      attentionNorm: table.norm(name(names.attentionNorm), width, { bias: true }),
      queryKeyValue: linear(name(names.queryKeyValue), width, 3 * width),
      output: linear(name(names.output), width, width),
      feedForwardNorm: table.norm(name(names.feedForwardNorm), width, { bias: true }),
      up: linear(name(names.up), width, options.inner),
      down: linear(name(names.down), options.inner, width),
    };
  });
  const finalNorm = table.norm('transformer.ln_f', width, { bias: true });
  const vocabulary = options.tied ? tokenEmbedding : table.matrix('lm_head.weight', vocabularySize, width);

  return {
    family: options.family,
    vocabularySize,
    maxPositions,
    layers: options.layers,
    keyValueHeads: heads,
    headWidth,
    weights: table.shapes,
    defaultModules: asModules(layers.map(({ queryKeyValue }) => queryKeyValue)),
    logitCap: null,

    hiddenStates(graph, weight, inputs, adapt) {
      const { inputIds, positions } = inputs;
      const apply = new Layers(graph, weight, adapt);
      const words = gatherRows(weight(tokenEmbedding), inputIds);
      const biases = [...options.biases(inputs), inputs.attentionBias(null)];
      const present: KeyValues[] = [];
      let hidden = positionEmbedding === null ? words : add(words, gatherRows(weight(positionEmbedding), positions));
      layers.forEach((layer, index) => {
        const states = apply.linear(layer.queryKeyValue, apply.layerNorm(layer.attentionNorm, hidden, epsilon));
        const [q, k, v] = options.splitStates(states, inputIds);
        const scores = { scale: options.scoreScale(index), biases };
        const attended = attention(q, k, v, { heads, keyValueHeads: heads, headWidth }, scores, inputs.past?.[index]);
        present.push(attended.present);
        hidden = add(hidden, apply.linear(layer.output, attended.context));
        const normed = apply.layerNorm(layer.feedForwardNorm, hidden, epsilon);
        hidden = add(hidden, apply.linear(layer.down, options.activation(apply.linear(layer.up, normed))));
      });
      return { hidden, present };
    },
    normalize: (weight, hidden) => new Layers(hidden.graph, weight).layerNorm(finalNorm, hidden, epsilon),
    vocabulary: (weight) => weight(vocabulary),
  };
}
