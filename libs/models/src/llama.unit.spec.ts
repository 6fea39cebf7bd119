import { describe, expect, it } from '@jest/globals';
import { UnsupportedModelError } from './configuration-fields.js';
import { parameterCount } from './decoder.js';
import { readDecoder } from './families.js';

/** Two layers, four query heads on two key-value heads. */
const config = {
  model_type: 'llama',
  hidden_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  intermediate_size: 80,
  vocab_size: 199,
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  hidden_act: 'silu',
  tie_word_embeddings: false,
};

const without = (field: keyof typeof config): Record<string, unknown> =>
  Object.fromEntries(Object.entries(config).filter(([name]) => name !== field));

describe("a Llama's config.json", () => {
  it('gives the weights that it reads, with their shapes', () => {
    const { weights } = readDecoder(config);
    expect(weights.get('model.embed_tokens.weight')).toEqual([199, 48]);
    expect(weights.get('model.layers.1.self_attn.q_proj.weight')).toEqual([48, 48]);
    expect(weights.get('model.layers.1.self_attn.k_proj.weight')).toEqual([24, 48]);
    expect(weights.get('model.layers.0.self_attn.o_proj.weight')).toEqual([48, 48]);
    expect(weights.get('model.layers.0.mlp.down_proj.weight')).toEqual([48, 80]);
    expect(weights.get('model.norm.weight')).toEqual([48]);
    expect(weights.get('lm_head.weight')).toEqual([199, 48]);
    expect(weights.size).toBe(3 + 2 * 9);
  });

  it('counts each parameter once, the output layer where it is its own', () => {
    const layer = 2 * 48 * 48 + 2 * 24 * 48 + 3 * 48 * 80 + 2 * 48;
    expect(parameterCount(readDecoder(config))).toBe(2 * layer + 48 + 2 * 199 * 48);
    expect(parameterCount(readDecoder({ ...config, tie_word_embeddings: true }))).toBe(2 * layer + 48 + 199 * 48);
  });

  it('adapts the query and value projections of every layer', () => {
    expect(readDecoder(config).defaultModules).toEqual([
      { name: 'model.layers.0.self_attn.q_proj', inputWidth: 48, outputWidth: 48 },
      { name: 'model.layers.0.self_attn.v_proj', inputWidth: 48, outputWidth: 24 },
      { name: 'model.layers.1.self_attn.q_proj', inputWidth: 48, outputWidth: 48 },
      { name: 'model.layers.1.self_attn.v_proj', inputWidth: 48, outputWidth: 24 },
    ]);
  });

  it('takes head_dim where it is given, and else the hidden size divided by the heads', () => {
    expect(readDecoder(config).headWidth).toBe(12);
    const wide = readDecoder({ ...config, head_dim: 20 });
    expect(wide.headWidth).toBe(20);
    expect(wide.weights.get('model.layers.0.self_attn.q_proj.weight')).toEqual([80, 48]);
    expect(wide.weights.get('model.layers.0.self_attn.o_proj.weight')).toEqual([48, 80]);
    expect(readDecoder({ ...config, head_dim: null }).headWidth).toBe(12);
  });

  it('gives every query head its own keys where num_key_value_heads is missing', () => {
    expect(readDecoder(without('num_key_value_heads')).keyValueHeads).toBe(4);
  });

  it('reads biases of attention and of the feed-forward layers where they are switched on', () => {
    const { weights } = readDecoder({ ...config, attention_bias: true, mlp_bias: true });
    expect(weights.get('model.layers.0.self_attn.v_proj.bias')).toEqual([24]);
    expect(weights.get('model.layers.1.mlp.gate_proj.bias')).toEqual([80]);
  });
});

const families = '"falcon" or "gemma2" or "gpt2" or "llama" or "mistral" or "opt" or "phi3" or "qwen2" or "qwen3"';

describe('a config.json that asks for what is not built', () => {
  const refusals: readonly [what: string, config: unknown, message: string][] = [
    ['another family', { ...config, model_type: 'bert' }, `config.json: model_type is "bert"; expected ${families}`],
    ['no family', without('model_type'), `config.json: model_type is missing; expected ${families}`],
    [
      'a name that every object has',
      { ...config, model_type: 'constructor' },
      `config.json: model_type is "constructor"; expected ${families}`,
    ],
    [
      'an unknown activation',
      { ...config, hidden_act: 'mish' },
      'config.json: hidden_act is "mish"; expected "gelu" or',
    ],
    ['an odd head_dim', { ...config, head_dim: 11 }, 'config.json: head_dim 11 is odd'],
    [
      'heads that do not divide the hidden size',
      { ...config, num_attention_heads: 5, num_key_value_heads: 5 },
      'config.json: head_dim is 9.6; expected a positive whole number',
    ],
    [
      'query heads that key-value heads do not divide',
      { ...config, num_key_value_heads: 3 },
      'config.json: num_attention_heads 4 is no multiple of num_key_value_heads 3',
    ],
    [
      'a missing field',
      without('hidden_size'),
      'config.json: hidden_size is missing; expected a positive whole number',
    ],
    [
      'a number as text',
      { ...config, vocab_size: '199' },
      'config.json: vocab_size is "199"; expected a positive whole number',
    ],
    [
      'no layer',
      { ...config, num_hidden_layers: 0 },
      'config.json: num_hidden_layers is 0; expected a positive whole number',
    ],
    [
      'a norm without epsilon',
      { ...config, rms_norm_eps: 0 },
      'config.json: rms_norm_eps is 0; expected a positive number',
    ],
    [
      'a flag as text',
      { ...config, tie_word_embeddings: 'yes' },
      'config.json: tie_word_embeddings is "yes"; expected true or false',
    ],
    [
      'another rope type',
      { ...config, rope_parameters: { rope_type: 'axial', factor: 4 } },
      'config.json: rope_parameters.rope_type is "axial"; expected "default" or "linear" or "dynamic"',
    ],
    [
      'another rope type in the older spelling',
      { ...config, rope_scaling: { type: 'mrope', factor: 4 } },
      'config.json: rope_scaling.type is "mrope"; expected "default" or "linear" or "dynamic"',
    ],
    [
      'a scaling without its factor',
      { ...config, rope_scaling: { type: 'linear' } },
      'config.json: rope_scaling.factor is missing; expected a positive number',
    ],
    [
      'a scaling that is no object',
      { ...config, rope_scaling: 4 },
      'config.json: rope_scaling: expected an object, found 4',
    ],
    ['a list', [config], 'config.json: expected an object, found ['],
    ['nothing', null, 'config.json: expected an object, found null'],
  ];

  it.each(refusals)('is refused by field, value and what it may be: %s', (_what, refused, message) => {
    const read = (): unknown => readDecoder(refused);
    expect(read).toThrow(UnsupportedModelError);
    expect(read).toThrow(message);
  });
});
