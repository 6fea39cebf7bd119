/**
 * The decoder that Llama and its relatives share: RMS normalisation, rotary positions, grouped-query attention and a gated
 * feed-forward layer. What a family does differently is an option; its file reads them from config.json.
 */
import { gatherRows, scale } from '@fedamole/graph';
import { UnsupportedModelError } from './configuration-fields.js';
import type { Decoder, KeyValues } from './decoder.js';
import { decoderLayer, layerWeights } from './gated-layer.js';
import type { GatedDecoderOptions } from './gated-options.js';
import { asModules, Layers, WeightTable } from './layers.js';

const EMBEDDING = 'model.embed_tokens.weight';
const OUTPUT = 'lm_head.weight';

export function gatedDecoder(options: GatedDecoderOptions): Decoder {
  const { heads, keyValueHeads, headWidth, hiddenSize, vocabularySize, epsilon, normOffset = 0 } = options;
  if (heads % keyValueHeads !== 0) {
    throw new UnsupportedModelError(
      `config.json: num_attention_heads ${heads} is no multiple of num_key_value_heads ${keyValueHeads}`,
    );
  }
  if (2 * options.rotary.pairs > headWidth)
    throw new UnsupportedModelError(`config.json: head_dim ${headWidth} is odd`);
  const table = new WeightTable();
  table.matrix(EMBEDDING, vocabularySize, hiddenSize);
  const layers = Array.from({ length: options.layers }, (_, layer) => layerWeights(table, options, layer));
  const finalNorm = table.norm('model.norm', hiddenSize, { bias: false });
  if (!options.tied) table.matrix(OUTPUT, vocabularySize, hiddenSize);
  return {
    family: options.family,
    vocabularySize,
    maxPositions: options.maxPositions,
    layers: options.layers,
    keyValueHeads,
    headWidth,
    rotaryEmbeddings: [options.rotary],
    weights: table.shapes,
    defaultModules: asModules(
      layers.flatMap(({ projections }) =>
        'fused' in projections ? [projections.fused] : [projections.q, projections.v],
      ),
    ),
    linearModules: asModules(
      layers.flatMap(({ projections, output, gates, down }) => [
        ...Object.values(projections),
        output,
        ...Object.values(gates),
        down,
      ]),
    ),
    modulesBehindAttention: asModules(
      layers.slice(-1).flatMap(({ output, gates, down }) => [output, ...Object.values(gates), down]),
    ),
    logitCap: options.logitCap ?? null,

    hiddenStates(graph, weight, inputs, adapt) {
      const apply = new Layers(graph, weight, adapt);
      const tables = inputs.rotaryTables(options.rotary);
      const embedded = gatherRows(weight(EMBEDDING), inputs.inputIds);
      let hidden = options.embeddingScale === undefined ? embedded : scale(embedded, options.embeddingScale);
      const present: KeyValues[] = [];
      layers.forEach((layer, index) => {
        const result = graph.block(hidden, () => decoderLayer(apply, options, layer, index, tables, inputs, hidden));
        hidden = result.hidden;
        present.push(result.present);
      });
      return { hidden, present };
    },
    normalize: (weight, hidden) => new Layers(hidden.graph, weight).rmsNorm(finalNorm, hidden, epsilon, normOffset),
    outputWeight: options.tied ? EMBEDDING : OUTPUT,
  };
}
