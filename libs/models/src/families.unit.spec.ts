import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { alibiSlopes } from './falcon.js';
import { readDecoder } from './families.js';

type Fields = Record<string, unknown>;
const configOf = (family: string): Fields =>
  JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../fixtures/families', family, 'config.json'), 'utf8'),
  ) as Fields;

describe('a family', () => {
  const refusals: readonly [what: string, family: string, change: Fields, message: string][] = [
    [
      'quantised weights',
      'llama',
      { quantization_config: { bits: 4 } },
      'quantization_config is {"bits":4}; expected null',
    ],
    ['attention that looks ahead', 'qwen2', { is_causal: false }, 'is_causal is false; expected true'],
    ['layers apart', 'llama', { per_layer_config: [{}] }, 'per_layer_config is [{}]; expected null'],
    ['a window of Llama', 'llama', { sliding_window: 16 }, 'sliding_window is 16; expected null'],
    ['experts', 'mistral', { num_local_experts: 8 }, 'num_local_experts is 8; expected 0 or 1'],
    ['a bias that Mistral has not', 'mistral', { attention_bias: true }, 'attention_bias is true; expected false'],
    ['Mistral with a window of no size', 'mistral', { sliding_window: 0 }, 'sliding_window is 0; expected a positive'],
    [
      'Mistral with a window on some layers',
      'mistral',
      { layer_types: ['full_attention', 'sliding_attention'] },
      'layer_types is ["full_attention","sliding_attention"]; expected every layer to be sliding_attention',
    ],
    ['Qwen 2 without biases', 'qwen2', { attention_bias: false }, 'attention_bias is false; expected true'],
    ['layers of an unknown kind', 'qwen2', { layer_types: ['full_attention', 'linear_attention'] }, 'layer_types is ['],
    [
      'a kind for too few layers',
      'qwen3',
      { layer_types: ['full_attention'] },
      'expected a list of 2 of "full_attention"',
    ],
    [
      'layers with a window that there is not',
      'qwen3',
      { layer_types: ['full_attention', 'sliding_attention'] },
      'expected a list of 2 of "full_attention"',
    ],
    [
      'Gemma 2 that looks both ways',
      'gemma2',
      { use_bidirectional_attention: true },
      'use_bidirectional_attention is true',
    ],
    [
      'a soft cap of no size',
      'gemma2',
      { attn_logit_softcapping: 0 },
      'attn_logit_softcapping is 0; expected a positive',
    ],
    ['Phi-3 with soft caps', 'phi3', { final_logit_softcapping: 30 }, 'final_logit_softcapping is 30; expected null'],
    [
      'Phi-3 with linear scaling',
      'phi3',
      { rope_parameters: { rope_type: 'linear', factor: 2 } },
      'rope_type is "linear"; expected "default" or "longrope" or "su" or "yarn"',
    ],
    [
      'GPT-2 with cross-attention',
      'gpt2',
      { add_cross_attention: true },
      'add_cross_attention is true; expected false',
    ],
    ['GPT-2 with an unknown activation', 'gpt2', { activation_function: 'mish' }, 'activation_function is "mish"'],
    [
      'GPT-2 with rotary positions',
      'gpt2',
      { rope_scaling: { type: 'linear', factor: 2 } },
      'rope_scaling is {"type":',
    ],
    ['OPT with scaled embeddings', 'opt', { scale_embeddings: true }, 'scale_embeddings is true; expected false'],
    ['OPT with heads of their own width', 'opt', { head_dim: 16 }, 'head_dim is 16; expected null'],
    [
      "Falcon's new architecture with one part after the other",
      'falcon-rw',
      { new_decoder_architecture: true, parallel_attn: false },
      'parallel_attn is false; expected true, for new_decoder_architecture is true',
    ],
    [
      "two normalisations in Falcon's first form",
      'falcon-rw',
      { parallel_attn: true, num_ln_in_parallel_attn: 2 },
      'num_ln_in_parallel_attn is 2; expected 1, for new_decoder_architecture is false',
    ],
    [
      'Falcon with keys for some heads outside of the new architecture',
      'falcon-rw',
      { num_kv_heads: 2 },
      'num_kv_heads is 2; expected num_attention_heads 4, for multi_query is false',
    ],
    [
      'Falcon with keys that do not divide the heads',
      'falcon-rw',
      { new_decoder_architecture: true, parallel_attn: true, num_kv_heads: 3 },
      'num_kv_heads is 3; expected a divisor of num_attention_heads 4',
    ],
  ];
  it.each(refusals)('refuses by name what it does not do: %s', (_what, family, change, message) => {
    expect(() => readDecoder({ ...configOf(family), ...change })).toThrow(message);
  });

  it('is read where a field of another family says that nothing is changed', () => {
    const neutral = {
      sliding_window: null,
      qk_layernorm: false,
      logit_scale: 1,
      num_local_experts: 0,
      made_by: 'someone',
    };
    expect(readDecoder({ ...configOf('llama'), ...neutral }).weights).toEqual(readDecoder(configOf('llama')).weights);
  });

  it("reads GPT-2's sizes under other families' names, too, which precede its own", () => {
    const config = { ...configOf('gpt2'), hidden_size: 24, num_attention_heads: 3, num_hidden_layers: 1 };
    const { headWidth, keyValueHeads, layers, maxPositions } = readDecoder({ ...config, max_position_embeddings: 32 });
    expect({ headWidth, keyValueHeads, layers, maxPositions }).toEqual({
      headWidth: 8,
      keyValueHeads: 3,
      layers: 1,
      maxPositions: 32,
    });
  });

  it('takes a flag that is null for false, as Python does', () => {
    const heads = (change: Fields): number =>
      readDecoder({ ...configOf('falcon-multi-query'), ...change }).keyValueHeads;
    expect(heads({})).toBe(1);
    expect(heads({ multi_query: null })).toBe(4);
  });

  it("takes the family's own number of key-value heads where none is said, and one a head where it is null", () => {
    const config = configOf('mistral');
    delete config['num_key_value_heads'];
    expect(readDecoder({ ...config, num_attention_heads: 8 }).keyValueHeads).toBe(8);
    expect(readDecoder({ ...config, num_key_value_heads: null }).keyValueHeads).toBe(4);
  });

  it('reads one table of rotary positions, or none where positions are learned or linear biases', () => {
    const names = (family: string): string[] => readDecoder(configOf(family)).rotaryEmbeddings.map(({ name }) => name);
    expect(names('gemma2')).toEqual(['rotary']);
    expect(['gpt2', 'opt', 'falcon-rw'].flatMap(names)).toEqual([]);
  });

  it('names the linear layers that PEFT adapts by default', () => {
    const last = (family: string): string[] => [
      ...new Set(readDecoder(configOf(family)).defaultModules.map(({ name }) => name.split('.').at(-1) as string)),
    ];
    expect(last('qwen3')).toEqual(['q_proj', 'v_proj']);
    expect(last('phi3')).toEqual(['qkv_proj']);
    expect(last('gpt2')).toEqual(['c_attn']);
    expect(last('opt')).toEqual(['q_proj', 'v_proj']);
    expect(last('falcon-rw')).toEqual(['query_key_value']);
  });
});

describe('the slopes of linear biases', () => {
  it('are powers of 2^(-8 / n) for n heads', () => {
    expect(alibiSlopes(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((power) => 2 ** -power));
  });

  it('take every other one of twice as many heads where n is no power of two', () => {
    expect(alibiSlopes(6)).toEqual([2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8, 2 ** -1, 2 ** -3]);
  });
});
