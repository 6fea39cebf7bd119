/** Llama (Touvron et al. 2023; Hugging Face's LlamaForCausalLM), with Llama 3.x's rotary scaling. */
import {
  add,
  dimensionOf,
  gatherRows,
  matmul,
  multiply,
  multiplyDimensions,
  reshape,
  rmsNormalize,
  rotate,
  silu,
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
import type { Decoder, KeyValues, WeightSource } from './decoder.js';
import { readRotarySettings, rotaryTables } from './rotary.js';

const EMBEDDING = 'model.embed_tokens.weight';
const FINAL_NORM = 'model.norm.weight';
const OUTPUT = 'lm_head.weight';

/** Reads a Llama's config.json; throws UnsupportedModelError where it asks for something that is not built. */
export function llama(config: ConfigurationFields): Decoder {
  const hiddenSize = positiveInteger(config, 'hidden_size');
  const layers = positiveInteger(config, 'num_hidden_layers');
  const heads = positiveInteger(config, 'num_attention_heads');
  const keyValueHeads = positiveInteger(config, 'num_key_value_heads', heads);
  const headWidth = positiveInteger(config, 'head_dim', hiddenSize / heads);
  const intermediateSize = positiveInteger(config, 'intermediate_size');
  const vocabularySize = positiveInteger(config, 'vocab_size');
  const maxPositions = positiveInteger(config, 'max_position_embeddings', 2048);
  const epsilon = positiveNumber(config, 'rms_norm_eps', 1e-6);
  const tied = flag(config, 'tie_word_embeddings', false);
  const attentionBias = flag(config, 'attention_bias', false);
  const mlpBias = flag(config, 'mlp_bias', false);
  oneOf(config, 'hidden_act', ['silu'], 'silu');
  const rotary = readRotarySettings(config);
  if (heads % keyValueHeads !== 0) {
    throw new UnsupportedModelError(
      `config.json: num_attention_heads ${heads} is no multiple of num_key_value_heads ${keyValueHeads}`,
    );
  }
  if (headWidth % 2 !== 0) throw new UnsupportedModelError(`config.json: head_dim ${headWidth} is odd`);

  const queryWidth = heads * headWidth;
  const keyValueWidth = keyValueHeads * headWidth;
  const linears = {
    'self_attn.q_proj': [queryWidth, hiddenSize, attentionBias],
    'self_attn.k_proj': [keyValueWidth, hiddenSize, attentionBias],
    'self_attn.v_proj': [keyValueWidth, hiddenSize, attentionBias],
    'self_attn.o_proj': [hiddenSize, queryWidth, attentionBias],
    'mlp.gate_proj': [intermediateSize, hiddenSize, mlpBias],
    'mlp.up_proj': [intermediateSize, hiddenSize, mlpBias],
    'mlp.down_proj': [hiddenSize, intermediateSize, mlpBias],
  } as const;
  type LinearName = keyof typeof linears;

  const weights = new Map<string, readonly number[]>([[EMBEDDING, [vocabularySize, hiddenSize]]]);
  for (let layer = 0; layer < layers; layer += 1) {
    const prefix = `model.layers.${layer}`;
    for (const [name, [rows, columns, biased]] of Object.entries(linears)) {
      weights.set(`${prefix}.${name}.weight`, [rows, columns]);
      if (biased) weights.set(`${prefix}.${name}.bias`, [rows]);
    }
    weights.set(`${prefix}.input_layernorm.weight`, [hiddenSize]);
    weights.set(`${prefix}.post_attention_layernorm.weight`, [hiddenSize]);
  }
  weights.set(FINAL_NORM, [hiddenSize]);
  if (!tied) weights.set(OUTPUT, [vocabularySize, hiddenSize]);

  const defaultModules = Array.from({ length: layers }, (_, layer) =>
    (['self_attn.q_proj', 'self_attn.v_proj'] as const).map((name) => {
      const [outputWidth, inputWidth] = linears[name];
      return { name: `model.layers.${layer}.${name}`, inputWidth, outputWidth };
    }),
  ).flat();

  return {
    family: 'llama',
    vocabularySize,
    maxPositions,
    layers,
    keyValueHeads,
    headWidth,
    weights,
    defaultModules,

    hiddenStates(graph, weight, { inputIds, positions, attentionBias: bias, past }, adapt) {
      const [batch, time] = [dimensionOf(inputIds, 0), dimensionOf(inputIds, 1)];
      const tokens = multiplyDimensions(batch, time);
      const tables = rotaryTables(graph, rotary, headWidth, maxPositions);
      const linear = (layer: number, name: LinearName, x: Tensor): Tensor => {
        const module = `model.layers.${layer}.${name}`;
        const [rows, columns, biased] = linears[name];
        const product = matmul(x, weight(`${module}.weight`, [rows, columns]), { transposeB: true });
        return adapt(module, x, biased ? add(product, weight(`${module}.bias`, [rows])) : product);
      };
      const norm = (name: string, x: Tensor): Tensor =>
        rmsNormalize(x, weight(`${name}.weight`, [hiddenSize]), epsilon);
      const sequence = (x: Tensor): Tensor => reshape(x, [batch, time, dimensionOf(x, 1)]);

      const present: KeyValues[] = [];
      let hidden = gatherRows(weight(EMBEDDING, [vocabularySize, hiddenSize]), reshape(inputIds, [tokens]));
      for (let layer = 0; layer < layers; layer += 1) {
        const normed = norm(`model.layers.${layer}.input_layernorm`, hidden);
        const queries = rotate(sequence(linear(layer, 'self_attn.q_proj', normed)), positions, tables, heads);
        const keys = rotate(sequence(linear(layer, 'self_attn.k_proj', normed)), positions, tables, keyValueHeads);
        const values = sequence(linear(layer, 'self_attn.v_proj', normed));
        const attended = attention(queries, keys, values, bias, { heads, keyValueHeads, headWidth }, past?.[layer]);
        present.push(attended.present);
        hidden = add(hidden, linear(layer, 'self_attn.o_proj', attended.context));

        const normedAgain = norm(`model.layers.${layer}.post_attention_layernorm`, hidden);
        const gate = silu(linear(layer, 'mlp.gate_proj', normedAgain));
        const gated = multiply(gate, linear(layer, 'mlp.up_proj', normedAgain));
        hidden = add(hidden, linear(layer, 'mlp.down_proj', gated));
      }
      return { hidden, present };
    },

    normalize: (weight: WeightSource, hidden: Tensor) =>
      rmsNormalize(hidden, weight(FINAL_NORM, [hiddenSize]), epsilon),
    vocabulary: (weight: WeightSource) => weight(tied ? EMBEDDING : OUTPUT, [vocabularySize, hiddenSize]),
  };
}
