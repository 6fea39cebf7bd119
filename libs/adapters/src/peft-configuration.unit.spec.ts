import { describe, expect, it } from '@jest/globals';
import { readPeftConfiguration } from './peft-configuration.js';
import { AdapterFileError } from './take-tensor.js';

const read = (fields: Readonly<Record<string, unknown>>) =>
  readPeftConfiguration(JSON.stringify({ peft_type: 'LORA', ...fields }));

describe("a LoRA's adapter_config.json", () => {
  it("has PEFT's defaults where fields are missing", () => {
    expect(read({})).toEqual({
      peft_type: 'LORA',
      r: 8,
      lora_alpha: 8,
      use_rslora: false,
      rank_pattern: {},
      alpha_pattern: {},
      lora_dropout: 0,
      fan_in_fan_out: false,
      bias: 'none',
      init_lora_weights: true,
    });
  });

  it('may hold what is without effect on a trained adapter, and options that are not used', () => {
    const fields = {
      ...{ inference_mode: true, peft_version: '0.21.0', revision: 'main', megatron_core: 'megatron.core' },
      ...{ init_lora_weights: 'eva', eva_config: { rho: 2 }, qalora_group_size: 16, fan_in_fan_out: true },
      ...{ use_dora: false, modules_to_save: null, layers_pattern: [], layer_replication: null, unheard_of: {} },
    };
    expect(read(fields)).toMatchObject({ r: 8, init_lora_weights: 'eva', fan_in_fan_out: true });
  });

  it.each([
    ['peft_type', 'ADALORA', '"LORA"'],
    ['task_type', 'SEQ_CLS', '"CAUSAL_LM"'],
    ['base_model_name_or_path', 7, 'a text'],
    ['r', 0, 'a whole number from 1'],
    ['r', 2.5, 'a whole number from 1'],
    ['lora_alpha', '16', 'a number'],
    ['use_rslora', 'yes', 'true or false'],
    ['lora_dropout', 1, 'a number from 0, less than 1'],
    ['target_modules', 3, 'a text or a list of texts'],
    ['exclude_modules', [1], 'a text or a list of texts'],
    ['layers_to_transform', 'all', 'the index of a layer or a list of them'],
    ['bias', 'lora_only', '"none"'],
    ['init_lora_weights', 'pissa', 'true or false or "gaussian" or "eva" or "orthogonal"'],
    ['init_lora_weights', 'loftq', 'true or false or "gaussian" or "eva" or "orthogonal"'],
  ])('is refused by field, value and what it may be: %s', (field, value, what) => {
    const reading = (): unknown => read({ [field]: value });
    expect(reading).toThrow(AdapterFileError);
    expect(reading).toThrow(`adapter_config.json: ${field} is ${JSON.stringify(value)}; expected ${what}`);
  });

  it('is refused by the part of a field that is wrong', () => {
    expect(() => read({ layers_to_transform: [0, -1] })).toThrow(
      'adapter_config.json: layers_to_transform.1 is -1; expected a whole number from 0',
    );
    expect(() => read({ rank_pattern: { q_proj: 0 } })).toThrow(
      'adapter_config.json: rank_pattern.q_proj is 0; expected a whole number from 1',
    );
    expect(() => read({ alpha_pattern: { q_proj: null } })).toThrow(
      'adapter_config.json: alpha_pattern.q_proj is null; expected a number',
    );
  });

  it.each([
    ['use_dora', true],
    ['lora_bias', true],
    ['modules_to_save', ['lm_head']],
    ['layers_pattern', 'layers'],
    ['layer_replication', [[0, 2]]],
    ['trainable_token_indices', [5]],
    ['target_parameters', ['experts.gate_up_proj']],
    ['alora_invocation_tokens', [1, 2]],
    ['use_qalora', true],
    ['use_bdlora', { nblocks: 2 }],
    ['kasa_config', { beta: 1 }],
    ['megatron_config', { tensor_model_parallel_size: 2 }],
    ['of_a_later_version', 'on'],
  ])('is refused with what would be computed otherwise: %s', (field, value) => {
    const message = `adapter_config.json: ${field} is ${JSON.stringify(value)}; a LoRA with it is not supported`;
    expect(() => read({ [field]: value })).toThrow(message);
  });

  it('is refused in few words, whatever it holds and however deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const reading = (field: string) => (): unknown => readPeftConfiguration(`{"peft_type":"LORA","${field}":${deep}}`);
    expect(reading('later')).toThrow('adapter_config.json: later is [[[[...]]]]; a LoRA with it is not supported');
    expect(reading('r')).toThrow('adapter_config.json: r is [[[[...]]]]; expected a whole number from 1');
    expect(reading('__proto__\\u0000')).toThrow('adapter_config.json: __proto__\\u0000 is [[[[...]]]]; a LoRA');
  });

  it('is refused where it is no JSON, or no object', () => {
    expect(() => readPeftConfiguration('{"r": NaN}')).toThrow(/^adapter_config\.json: is not valid JSON \(.+\)$/);
    expect(() => readPeftConfiguration('[]')).toThrow('adapter_config.json: the file is []; expected an object');
    expect(() => readPeftConfiguration('{}')).toThrow('adapter_config.json: peft_type is missing; expected "LORA"');
  });
});
