/**
 * OPT (Zhang et al. 2022; Hugging Face's OPTForCausalLM): learned positions from 2 on. opt-350m normalises after each part
 * instead of before it, and projects embeddings of another width in and out.
 */
import { add, gatherRows, matmul, relu, split, type Tensor } from '@fedamole/graph';
import { attention } from './attention.js';
import {
  flag,
  oneOf,
  positiveInteger,
  UnsupportedModelError,
  type ConfigurationFields,
} from './configuration-fields.js';
import type { Decoder, KeyValues } from './decoder.js';
import { asModules, Layers, WeightTable } from './layers.js';

const EPSILON = 1e-5;
/** The first two rows of the position matrix are never used. */
const POSITION_OFFSET = 2;

export function opt(config: ConfigurationFields): Decoder {
  const width = positiveInteger(config, 'hidden_size');
  const layerCount = positiveInteger(config, 'num_hidden_layers');
  const heads = positiveInteger(config, 'num_attention_heads');
  const vocabularySize = positiveInteger(config, 'vocab_size');
  const maxPositions = positiveInteger(config, 'max_position_embeddings', 2048);
  const inner = positiveInteger(config, 'ffn_dim');
  const embeddingWidth = positiveInteger(config, 'word_embed_proj_dim', width);
  const bias = flag(config, 'enable_bias', true);
  const normBefore = flag(config, 'do_layer_norm_before', true);
  const hasFinalNorm = normBefore && !flag(config, '_remove_final_layer_norm', false);
  const tied = flag(config, 'tie_word_embeddings', true);
  oneOf(config, 'activation_function', ['relu'], 'relu');
  if (!flag(config, 'layer_norm_elementwise_affine', true)) {
    throw new UnsupportedModelError('config.json: layer_norm_elementwise_affine is false; expected true');
  }
  if (width % heads !== 0) {
    throw new UnsupportedModelError(`config.json: hidden_size ${width} is no multiple of num_attention_heads ${heads}`);
  }
  const headWidth = width / heads;

  const table = new WeightTable();
  const tokenEmbedding = table.matrix('model.decoder.embed_tokens.weight', vocabularySize, embeddingWidth);
  const positionEmbedding = table.matrix('model.decoder.embed_positions.weight', maxPositions + POSITION_OFFSET, width);
  const projected = embeddingWidth !== width;
  const projectIn = projected ? table.matrix('model.decoder.project_in.weight', width, embeddingWidth) : null;
  const projectOut = projected ? table.matrix('model.decoder.project_out.weight', embeddingWidth, width) : null;
  const linear = (name: string, inputWidth: number, outputWidth: number) =>
    table.linear({ name, inputWidth, outputWidth, bias });
  const layers = Array.from({ length: layerCount }, (_, index) => {
    const name = `model.decoder.layers.${index}`;
    return {
      query: linear(`${name}.self_attn.q_proj`, width, width),
      key: linear(`${name}.self_attn.k_proj`, width, width),
      value: linear(`${name}.self_attn.v_proj`, width, width),
      output: linear(`${name}.self_attn.out_proj`, width, width),
      attentionNorm: table.norm(`${name}.self_attn_layer_norm`, width, { bias: true }),
      up: linear(`${name}.fc1`, width, inner),
      down: linear(`${name}.fc2`, inner, width),
      feedForwardNorm: table.norm(`${name}.final_layer_norm`, width, { bias: true }),
    };
  });
  const finalNorm = hasFinalNorm ? table.norm('model.decoder.final_layer_norm', width, { bias: true }) : null;
  const vocabulary = tied ? tokenEmbedding : table.matrix('lm_head.weight', vocabularySize, embeddingWidth);

  return {
    family: 'opt',
    vocabularySize,
    maxPositions,
    layers: layerCount,
    keyValueHeads: heads,
    headWidth,
    weights: table.shapes,
    defaultModules: asModules(layers.flatMap(({ query, value }) => [query, value])),
    logitCap: null,

    hiddenStates(graph, weight, inputs, adapt) {
      const { inputIds, positions } = inputs;
      const apply = new Layers(graph, weight, adapt);
      const embedded = gatherRows(weight(tokenEmbedding), inputIds);
      const widened = projectIn === null ? embedded : matmul(embedded, weight(projectIn), { transposeB: true });
      const [, table] = split(weight(positionEmbedding), 0, [POSITION_OFFSET, maxPositions]) as [Tensor, Tensor];
      const placed = gatherRows(table, positions);
      const present: KeyValues[] = [];
      let hidden = add(widened, placed);
      // each part reads the normalised states, or its sum with them is normalised
      const part = (norm: string, states: Tensor, compute: (x: Tensor) => Tensor): Tensor =>
        normBefore
          ? add(states, compute(apply.layerNorm(norm, states, EPSILON)))
          : apply.layerNorm(norm, add(states, compute(states)), EPSILON);
      layers.forEach((layer, index) => {
        hidden = part(layer.attentionNorm, hidden, (x) => {
          const [q, k, v] = [layer.query, layer.key, layer.value].map((projection) =>
            apply.sequence(apply.linear(projection, x), inputIds),
          ) as [Tensor, Tensor, Tensor];
          const biases = [inputs.attentionBias(null)];
          const attended = attention(
            q,
            k,
            v,
            { heads, keyValueHeads: heads, headWidth },
            { biases },
            inputs.past?.[index],
          );
          present.push(attended.present);
          return apply.linear(layer.output, attended.context);
        });
        hidden = part(layer.feedForwardNorm, hidden, (x) => apply.linear(layer.down, relu(apply.linear(layer.up, x))));
      });
      return { hidden, present };
    },
    normalize(weight, hidden) {
      const apply = new Layers(hidden.graph, weight);
      const normed = finalNorm === null ? hidden : apply.layerNorm(finalNorm, hidden, EPSILON);
      return projectOut === null ? normed : matmul(normed, weight(projectOut), { transposeB: true });
    },
    vocabulary: (weight) => weight(vocabulary),
  };
}
