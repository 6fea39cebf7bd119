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
    ['Falcon without linear biases', 'falcon-rw', { alibi: false }, 'alibi is false; expected true'],
    ['Falcon with parallel attention', 'falcon-rw', { parallel_attn: true }, 'parallel_attn is true; expected false'],
    ['Falcon with one key for all heads', 'falcon-rw', { multi_query: true }, 'multi_query is true; expected false'],
    [
      'GPT-2 with cross-attention',
      'gpt2',
      { add_cross_attention: true },
      'add_cross_attention is true; expected false',
    ],
    ['GPT-2 with another activation', 'gpt2', { activation_function: 'relu' }, 'activation_function is "relu"'],
    [
      'OPT without weights in its normalisations',
      'opt',
      { layer_norm_elementwise_affine: false },
      'layer_norm_elementwise_affine is false',
    ],
    [
      'Gemma 2 that looks both ways',
      'gemma2',
      { use_bidirectional_attention: true },
      'use_bidirectional_attention is true',
    ],
    ['Mistral with a window of no size', 'mistral', { sliding_window: 0 }, 'sliding_window is 0; expected a positive'],
    ['Phi-3 with long rope', 'phi3', { rope_parameters: { rope_type: 'longrope' } }, 'rope_type is "longrope"'],
    ['Qwen 2 with another activation', 'qwen2', { hidden_act: 'gelu' }, 'hidden_act is "gelu"; expected "silu"'],
  ];
  it.each(refusals)('refuses by name what it does not do: %s', (_what, family, change, message) => {
    expect(() => readDecoder({ ...configOf(family), ...change })).toThrow(message);
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
