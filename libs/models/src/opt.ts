/**
 * OPT (Zhang et al. 2022; Hugging Face's OPTForCausalLM): learned positions from 2 on. opt-350m normalises after each part
 * instead of before it, and projects embeddings of another width in and out.
 */
import { add, gatherRows, split, widened, type Tensor } from '@fedamole/graph';
import { readActivation } from './activations.js';
import { attention } from './attention.js';
import { UnsupportedModelError, type ConfigurationFields } from './configuration-fields.js';
import type { Decoder, KeyValues } from './decoder.js';
import { asModules, Layers, WeightTable, type LinearLayer } from './layers.js';

const EPSILON = 1e-5;
/** The first two rows of the position matrix are never used. */
const POSITION_OFFSET = 2;

export function opt(config: ConfigurationFields): Decoder {
  const width = config.integer('hidden_size');
  const layerCount = config.integer('num_hidden_layers');
  const heads = config.integer('num_attention_heads');
  const vocabularySize = config.integer('vocab_size');
  const maxPositions = config.integer('max_position_embeddings', 2048);
  const inner = config.integer('ffn_dim');
  const embeddingWidth = config.integer('word_embed_proj_dim', width);
  const bias = config.flag('enable_bias', true);
  const normBefore = config.flag('do_layer_norm_before', true);
  const normWeights = config.flag('layer_norm_elementwise_affine', true);
  const finalNormRemoved = config.flag('_remove_final_layer_norm', false);
  const tied = config.flag('tie_word_embeddings', true);
  const activation = readActivation(config, 'activation_function', 'relu');
  if (width % heads !== 0) {
    throw new UnsupportedModelError(`config.json: hidden_size ${width} is no multiple of num_attention_heads ${heads}`);
  }
  const headWidth = width / heads;

  const table = new WeightTable();
  const tokenEmbedding = table.matrix('model.decoder.embed_tokens.weight', vocabularySize, embeddingWidth);
  const positionEmbedding = table.matrix('model.decoder.embed_positions.weight', maxPositions + POSITION_OFFSET, width);
  const projected = embeddingWidth !== width;
  const projection = (part: string, inputWidth: number, outputWidth: number): LinearLayer | null =>
    projected ? table.linear({ name: `model.decoder.${part}`, inputWidth, outputWidth, bias: false }) : null;
  const projectIn = projection('project_in', embeddingWidth, width);
  const projectOut = projection('project_out', width, embeddingWidth);
  const linear = (name: string, inputWidth: number, outputWidth: number) =>
    table.linear({ name, inputWidth, outputWidth, bias });
  const norm = (name: string): string => (normWeights ? table.norm(name, width, { bias: true }) : name);
  const applyNorm = (apply: Layers, name: string, x: Tensor): Tensor =>
    normWeights ? apply.layerNorm(name, x, EPSILON) : apply.plainLayerNorm(x, EPSILON);
  const layers = Array.from({ length: layerCount }, (_, index) => {
    const name = `model.decoder.layers.${index}`;
    return {
      query: linear(`${name}.self_attn.q_proj`, width, width),
      key: linear(`${name}.self_attn.k_proj`, width, width),
      value: linear(`${name}.self_attn.v_proj`, width, width),
      output: linear(`${name}.self_attn.out_proj`, width, width),
      attentionNorm: norm(`${name}.self_attn_layer_norm`),
      up: linear(`${name}.fc1`, width, inner),
      down: linear(`${name}.fc2`, inner, width),
      feedForwardNorm: norm(`${name}.final_layer_norm`),
    };
  });
  const finalNorm = normBefore && !finalNormRemoved ? norm('model.decoder.final_layer_norm') : null;
  const finish = (apply: Layers, hidden: Tensor): Tensor =>
    finalNorm === null ? hidden : applyNorm(apply, finalNorm, hidden);
  const vocabulary = tied ? tokenEmbedding : table.matrix('lm_head.weight', vocabularySize, embeddingWidth);

  return {
    family: 'opt',
    vocabularySize,
    maxPositions,
    layers: layerCount,
    keyValueHeads: heads,
    headWidth,
    rotaryEmbeddings: [],
    weights: table.shapes,
    defaultModules: asModules(layers.flatMap(({ query, value }) => [query, value])),
    linearModules: asModules(
      [
        projectIn,
        ...layers.flatMap(({ query, key, value, output, up, down }) => [query, key, value, output, up, down]),
        projectOut,
      ].filter((layer) => layer !== null),
    ),
    modulesBehindAttention: asModules(
      [...layers.slice(-1).flatMap(({ output, up, down }) => [output, up, down]), projectOut].filter(
        (layer) => layer !== null,
      ),
    ),
    logitCap: null,

    hiddenStates(graph, weight, inputs, adapt) {
      const { inputIds, positions } = inputs;
      const apply = new Layers(graph, weight, adapt);
      const embedded = gatherRows(weight(tokenEmbedding), inputIds);
      const projected = projectIn === null ? embedded : apply.linear(projectIn, embedded);
      const [, table] = split(widened(weight(positionEmbedding)), 0, [POSITION_OFFSET, maxPositions]) as [
        Tensor,
        Tensor,
      ];
      const placed = gatherRows(table, positions);
      const present: KeyValues[] = [];
      let hidden = add(projected, placed);
      // each part reads the normalised states, or its sum with them is normalised
      const part = (name: string, states: Tensor, compute: (x: Tensor) => Tensor, kept = states): Tensor =>
        normBefore
          ? add(kept, compute(applyNorm(apply, name, states)))
          : applyNorm(apply, name, add(kept, compute(states)));
      const attend = (layer: (typeof layers)[number], index: number, x: Tensor) => {
        const [q, k, v] = [layer.query, layer.key, layer.value].map((projection) =>
          apply.sequence(apply.linear(projection, x), inputIds),
        ) as [Tensor, Tensor, Tensor];
        const biases = [inputs.attentionBias(null)];
        return attention(q, k, v, { heads, keyValueHeads: heads, headWidth }, { biases }, inputs.past?.[index]);
      };
      layers.forEach((layer, index) => {
        hidden = graph.block(hidden, () => {
          const read = (x: Tensor): Tensor => {
            const { context, present: added } = attend(layer, index, x);
            present.push(added);
            return apply.linear(layer.output, inputs.wanted(index, context));
          };
          const attended = part(layer.attentionNorm, hidden, read, inputs.wanted(index, hidden));
          return part(layer.feedForwardNorm, attended, (x) =>
            apply.linear(layer.down, activation(apply.linear(layer.up, x))),
          );
        });
      });
      // an adapter of the last projection sees every token, as those of the layers do
      return { hidden: projectOut === null ? hidden : apply.linear(projectOut, finish(apply, hidden)), present };
    },
    normalize: (weight, hidden) => (projectOut === null ? finish(new Layers(hidden.graph, weight), hidden) : hidden),
    outputWeight: vocabulary,
  };
}
