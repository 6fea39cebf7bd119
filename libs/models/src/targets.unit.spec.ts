import { describe, expect, it } from '@jest/globals';
import { UnsupportedModelError } from './configuration-fields.js';
import { readDecoder } from './families.js';
import { selectModules, type Targets } from './targets.js';

const sizes = { hidden_size: 48, num_hidden_layers: 2, num_attention_heads: 4, vocab_size: 199 };
const llama = readDecoder({ ...sizes, model_type: 'llama', intermediate_size: 80, num_key_value_heads: 2 });
const phi3 = readDecoder({ ...sizes, model_type: 'phi3', intermediate_size: 80 });
const gpt2 = readDecoder({ model_type: 'gpt2', n_embd: 48, n_layer: 2, n_head: 4, vocab_size: 199 });
const opt = readDecoder({ ...sizes, model_type: 'opt', ffn_dim: 80 });
const projectedOpt = readDecoder({ ...sizes, model_type: 'opt', ffn_dim: 80, word_embed_proj_dim: 24 });
const falcon = readDecoder({
  ...sizes,
  model_type: 'falcon',
  alibi: true,
  multi_query: false,
  new_decoder_architecture: false,
  parallel_attn: false,
});

const selected = (decoder: typeof llama, targets: Targets): string[] =>
  selectModules(decoder, targets).map(({ name }) => name);

describe('all linear layers', () => {
  const inLayers = (prefix: string, parts: readonly string[]): string[] =>
    [0, 1].flatMap((layer) => parts.map((part) => `${prefix}.${layer}.${part}`));
  const llamaParts = [
    ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((part) => `self_attn.${part}`),
    ...['gate_proj', 'up_proj', 'down_proj'].map((part) => `mlp.${part}`),
  ];
  const phi3Parts = ['self_attn.qkv_proj', 'self_attn.o_proj', 'mlp.gate_up_proj', 'mlp.down_proj'];
  const gpt2Parts = ['attn.c_attn', 'attn.c_proj', 'mlp.c_fc', 'mlp.c_proj'];
  const optParts = [
    ...['q_proj', 'k_proj', 'v_proj', 'out_proj'].map((part) => `self_attn.${part}`),
    ...['fc1', 'fc2'],
  ];
  const falconParts = [
    'self_attention.query_key_value',
    'self_attention.dense',
    'mlp.dense_h_to_4h',
    'mlp.dense_4h_to_h',
  ];
  const optLayers = inLayers('model.decoder.layers', optParts);

  it.each([
    ['llama', llama, inLayers('model.layers', llamaParts)],
    ['phi3', phi3, inLayers('model.layers', phi3Parts)],
    ['gpt2', gpt2, inLayers('transformer.h', gpt2Parts)],
    ['opt', opt, optLayers],
    ['opt with projections', projectedOpt, ['model.decoder.project_in', ...optLayers, 'model.decoder.project_out']],
    ['falcon', falcon, inLayers('transformer.h', falconParts)],
  ])('are those of the layers, in forward order, without the output layer: %s', (_family, decoder, names) => {
    expect(selected(decoder, 'all-linear')).toEqual(names);
    expect(selected(decoder, 'All-Linear')).toEqual(names);
  });

  it('have the widths of their weights', () => {
    for (const decoder of [llama, phi3, opt, projectedOpt, falcon]) {
      for (const { name, inputWidth, outputWidth } of decoder.linearModules)
        expect(decoder.weights.get(`${name}.weight`)).toEqual([outputWidth, inputWidth]);
    }
    for (const { name, inputWidth, outputWidth } of gpt2.linearModules)
      expect(gpt2.weights.get(`${name}.weight`)).toEqual([inputWidth, outputWidth]);
  });

  it('hold the default modules', () => {
    for (const decoder of [llama, phi3, gpt2, opt, projectedOpt, falcon])
      expect(decoder.linearModules).toEqual(expect.arrayContaining([...decoder.defaultModules]));
  });
});

describe('targets', () => {
  it('are layers whose name ends with one of them after a dot, in forward order whatever their own', () => {
    expect(selected(llama, ['down_proj', 'self_attn.q_proj'])).toEqual([
      'model.layers.0.self_attn.q_proj',
      'model.layers.0.mlp.down_proj',
      'model.layers.1.self_attn.q_proj',
      'model.layers.1.mlp.down_proj',
    ]);
    expect(selected(gpt2, ['c_proj'])).toHaveLength(4);
  });

  it('are layers of exactly that name', () => {
    expect(selected(llama, ['model.layers.1.mlp.up_proj'])).toEqual(['model.layers.1.mlp.up_proj']);
  });

  it('are layers whose whole name matches a regular expression', () => {
    expect(selected(llama, String.raw`.*\.1\.mlp\.(up|down)_proj`)).toEqual([
      'model.layers.1.mlp.up_proj',
      'model.layers.1.mlp.down_proj',
    ]);
    expect(selected(llama, 'model.layers.0.mlp.up_proj|.*o_proj')).toHaveLength(3);
  });

  const layers = 'q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj';
  it.each<[Targets, string]>([
    [['q_proj', 'c_attn'], `target "c_attn" is no linear layer; those of llama are ${layers}`],
    [['proj'], `target "proj" is no linear layer; those of llama are ${layers}`],
    [['lm_head'], `target "lm_head" is no linear layer; those of llama are ${layers}`],
    ['q_proj', `target "q_proj" is no linear layer; those of llama are ${layers}`],
    [[], `there is no target; those of llama are ${layers}`],
    ['(?i:q)_proj(', 'target "(?i:q)_proj(" cannot be read: '],
  ])('are refused where one is no layer, with the layers that there are: %j', (targets, message) => {
    expect(() => selectModules(llama, targets)).toThrow(UnsupportedModelError);
    expect(() => selectModules(llama, targets)).toThrow(message);
  });
});
