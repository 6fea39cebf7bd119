/** GPT-2 (Radford et al. 2019; Hugging Face's GPT2LMHeadModel): learned positions, and weights stored input first. */
import {
  add,
  dimensionOf,
  gatherRows,
  geluTanh,
  multiplyDimensions,
  reshape,
  split,
  type Tensor,
} from '@fedamole/graph';
import { attention } from './attention.js';
import {
  flag,
  oneOf,
  positiveInteger,
  positiveNumber,
  UnsupportedModelError,
  type ConfigurationFields,
} from './configuration-fields.js';
import type { Decoder, KeyValues } from './decoder.js';
import { asModules, Layers, WeightTable } from './layers.js';
import { optionalInteger } from './llama-like.js';

export function gpt2(config: ConfigurationFields): Decoder {
  const width = positiveInteger(config, 'n_embd');
  const layerCount = positiveInteger(config, 'n_layer');
  const heads = positiveInteger(config, 'n_head');
  const vocabularySize = positiveInteger(config, 'vocab_size');
  const maxPositions = positiveInteger(config, 'n_positions', 1024);
  const inner = optionalInteger(config, 'n_inner') ?? 4 * width;
  const epsilon = positiveNumber(config, 'layer_norm_epsilon', 1e-5);
  const tied = flag(config, 'tie_word_embeddings', true);
  const scaled = flag(config, 'scale_attn_weights', true);
  const scaledByLayer = flag(config, 'scale_attn_by_inverse_layer_idx', false);
  oneOf(config, 'activation_function', ['gelu_new', 'gelu_pytorch_tanh'], 'gelu_new');
  if (flag(config, 'add_cross_attention', false))
    throw new UnsupportedModelError('config.json: add_cross_attention is true; expected false');
  if (width % heads !== 0)
    throw new UnsupportedModelError(`config.json: n_embd ${width} is no multiple of n_head ${heads}`);
  const headWidth = width / heads;

  const table = new WeightTable();
  const tokenEmbedding = table.matrix('transformer.wte.weight', vocabularySize, width);
  const positionEmbedding = table.matrix('transformer.wpe.weight', maxPositions, width);
  const linear = (name: string, inputWidth: number, outputWidth: number) =>
    table.linear({ name, inputWidth, outputWidth, bias: true, inputFirst: true });
  const layers = Array.from({ length: layerCount }, (_, index) => {
    const name = `transformer.h.${index}`;
    return {
      attentionNorm: table.norm(`${name}.ln_1`, width, { bias: true }),
      queryKeyValue: linear(`${name}.attn.c_attn`, width, 3 * width),
      output: linear(`${name}.attn.c_proj`, width, width),
      feedForwardNorm: table.norm(`${name}.ln_2`, width, { bias: true }),
      up: linear(`${name}.mlp.c_fc`, width, inner),
      down: linear(`${name}.mlp.c_proj`, inner, width),
    };
  });
  const finalNorm = table.norm('transformer.ln_f', width, { bias: true });
  const vocabulary = tied ? tokenEmbedding : table.matrix('lm_head.weight', vocabularySize, width);

  return {
    family: 'gpt2',
    vocabularySize,
    maxPositions,
    layers: layerCount,
    keyValueHeads: heads,
    headWidth,
    weights: table.shapes,
    defaultModules: asModules(layers.map(({ queryKeyValue }) => queryKeyValue)),
    logitCap: null,

    hiddenStates(graph, weight, inputs, adapt) {
      const { inputIds, positions } = inputs;
      const apply = new Layers(graph, weight, adapt);
      const tokens = multiplyDimensions(dimensionOf(inputIds, 0), dimensionOf(inputIds, 1));
      const embed = (matrix: string, indices: Tensor): Tensor => gatherRows(weight(matrix), reshape(indices, [tokens]));
      const present: KeyValues[] = [];
      let hidden = add(embed(tokenEmbedding, inputIds), embed(positionEmbedding, positions));
      layers.forEach((layer, index) => {
        const states = apply.linear(layer.queryKeyValue, apply.layerNorm(layer.attentionNorm, hidden, epsilon));
        const [q, k, v] = split(states, 1, [width, width, width]).map((part) => apply.sequence(part, inputIds)) as [
          Tensor,
          Tensor,
          Tensor,
        ];
        const scale = (scaled ? headWidth ** -0.5 : 1) / (scaledByLayer ? index + 1 : 1);
        const biases = [inputs.attentionBias(null)];
        const attended = attention(
          q,
          k,
          v,
          { heads, keyValueHeads: heads, headWidth },
          { scale, biases },
          inputs.past?.[index],
        );
        present.push(attended.present);
        hidden = add(hidden, apply.linear(layer.output, attended.context));
        const normed = apply.layerNorm(layer.feedForwardNorm, hidden, epsilon);
        hidden = add(hidden, apply.linear(layer.down, geluTanh(apply.linear(layer.up, normed))));
      });
      return { hidden, present };
    },
    normalize: (weight, hidden) =>
      new Layers(hidden.graph, weight, (_module, _input, output) => output).layerNorm(finalNorm, hidden, epsilon),
    vocabulary: (weight) => weight(vocabulary),
  };
}
