/**
 * The decoder that GPT-2 and Falcon share: layer normalisation before attention and before the feed-forward layer, and
 * queries, keys and values out of one weight. What a family does differently is an option; its file reads them.
 */
import { add, gatherRows, type Tensor } from '@fedamole/graph';
import type { Activation } from './activations.js';
import { attention } from './attention.js';
import { UnsupportedModelError } from './configuration-fields.js';
import type { Decoder, DecoderInputs, KeyValues } from './decoder.js';
import { asModules, Layers, WeightTable } from './layers.js';
import { rotateHeads, type RotaryEmbedding } from './rotary.js';

export interface FusedDecoderOptions {
  readonly family: string;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyValueHeads: number;
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
    /** Null where the feed-forward layer reads what attention reads. */
    readonly feedForwardNorm: string | null;
    readonly up: string;
    readonly down: string;
  };
  /** The feed-forward layer reads its layer's input, not the sum with attention's output. */
  readonly parallel: boolean;
  /** Null where positions are not rotated. */
  readonly rotary: RotaryEmbedding | null;
  /**
   * Queries [batch, time, width], keys and values [batch, time, keyValueHeads * headWidth] out of the projection [batch * time,
   * width + 2 * keyValueHeads * headWidth].
   */
  readonly splitStates: (states: Tensor, inputIds: Tensor) => [Tensor, Tensor, Tensor];
  readonly activation: Activation;
  /** Factor on a layer's attention scores. */
  readonly scoreScale: (layer: number) => number;
  /** Biases on the attention scores beside the causal one. */
  readonly biases: (inputs: DecoderInputs) => readonly (readonly Tensor[])[];
}

export function fusedDecoder(options: FusedDecoderOptions): Decoder {
  const { width, heads, keyValueHeads, vocabularySize, maxPositions, epsilon, names, parallel, rotary } = options;
  if (width % heads !== 0) {
    throw new UnsupportedModelError(`config.json: a width of ${width} is no multiple of ${heads} heads`);
  }
  const headWidth = width / heads;
  if (rotary !== null && headWidth % 2 !== 0) {
    throw new UnsupportedModelError(`config.json: heads of width ${headWidth} are odd, and cannot be rotated`);
  }
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
      queryKeyValue: linear(name(names.queryKeyValue), width, width + 2 * keyValueHeads * headWidth),
      output: linear(name(names.output), width, width),
      feedForwardNorm:
        names.feedForwardNorm === null ? null : table.norm(name(names.feedForwardNorm), width, { bias: true }),
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
    keyValueHeads,
    headWidth,
    rotaryEmbeddings: rotary === null ? [] : [rotary],
    weights: table.shapes,
    defaultModules: asModules(layers.map(({ queryKeyValue }) => queryKeyValue)),
    linearModules: asModules(
      layers.flatMap(({ queryKeyValue, output, up, down }) => [queryKeyValue, output, up, down]),
    ),
    modulesBehindAttention: asModules(layers.slice(-1).flatMap(({ output, up, down }) => [output, up, down])),
    logitCap: null,

    hiddenStates(graph, weight, inputs, adapt) {
      const { inputIds, positions } = inputs;
      const apply = new Layers(graph, weight, adapt);
      const embedded = gatherRows(weight(tokenEmbedding), inputIds);
      const biases = [...options.biases(inputs), inputs.attentionBias(null)];
      const rotate = (x: Tensor, count: number): Tensor =>
        rotary === null ? x : rotateHeads(x, positions, inputs.rotaryTables(rotary), count, headWidth);
      const shape = { heads, keyValueHeads, headWidth };
      const decoderLayer = (layer: (typeof layers)[number], index: number, states: Tensor) => {
        const read = apply.layerNorm(layer.attentionNorm, states, epsilon);
        const [q, k, v] = options.splitStates(apply.linear(layer.queryKeyValue, read), inputIds);
        const scores = { scale: options.scoreScale(index), biases };
        const attended = attention(rotate(q, heads), rotate(k, keyValueHeads), v, shape, scores, inputs.past?.[index]);
        const wanted = (x: Tensor): Tensor => inputs.wanted(index, x);
        const before = wanted(states);
        const sum = add(before, apply.linear(layer.output, wanted(attended.context)));
        const { feedForwardNorm } = layer;
        const normed =
          feedForwardNorm === null ? wanted(read) : apply.layerNorm(feedForwardNorm, parallel ? before : sum, epsilon);
        const fed = apply.linear(layer.down, options.activation(apply.linear(layer.up, normed)));
        return { hidden: add(sum, fed), present: attended.present };
      };
      const present: KeyValues[] = [];
      let hidden =
        positionEmbedding === null ? embedded : add(embedded, gatherRows(weight(positionEmbedding), positions));
      layers.forEach((layer, index) => {
        const result = graph.block(hidden, () => decoderLayer(layer, index, hidden));
        hidden = result.hidden;
        present.push(result.present);
      });
      return { hidden, present };
    },
    normalize: (weight, hidden) => new Layers(hidden.graph, weight).layerNorm(finalNorm, hidden, epsilon),
    outputWeight: vocabulary,
  };
}
