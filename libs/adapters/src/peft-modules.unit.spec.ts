import { describe, expect, it } from '@jest/globals';
import { readDecoder } from '@fedamole/models';
import { readPeftConfiguration } from './peft-configuration.js';
import { adaptedModules, loraSettings } from './peft-modules.js';
import { AdapterFileError } from './take-tensor.js';

const llama = readDecoder({
  ...{ model_type: 'llama', hidden_size: 48, num_hidden_layers: 12, num_attention_heads: 4 },
  ...{ intermediate_size: 80, vocab_size: 199 },
});

const configuration = (fields: Readonly<Record<string, unknown>>) =>
  readPeftConfiguration(JSON.stringify({ peft_type: 'LORA', ...fields }));
const adapted = (fields: Readonly<Record<string, unknown>>): string[] =>
  adaptedModules(configuration(fields), llama).map(({ name }) => name);

describe('the layers of a PEFT configuration', () => {
  it("are the family's default ones where it names none", () => {
    expect(adaptedModules(configuration({}), llama)).toEqual(llama.defaultModules);
  });

  it('are those targets that are not excluded, by name or by expression', () => {
    const targets = ['q_proj', 'k_proj', 'v_proj'];
    expect(adapted({ target_modules: targets, exclude_modules: ['k_proj', 'self_attn.v_proj'] })).toEqual(
      adapted({ target_modules: ['q_proj'] }),
    );
    expect(adapted({ target_modules: targets, exclude_modules: String.raw`.*\.(k|v)_proj` })).toEqual(
      adapted({ target_modules: ['q_proj'] }),
    );
  });

  it('are those of some layers alone, beside targets that are given by their whole names', () => {
    const whole = 'model.layers.11.mlp.up_proj';
    expect(adapted({ target_modules: ['q_proj', whole], layers_to_transform: 1 })).toEqual([
      'model.layers.1.self_attn.q_proj',
      whole,
    ]);
    expect(adapted({ target_modules: ['q_proj'], layers_to_transform: [10, 0] })).toEqual([
      'model.layers.0.self_attn.q_proj',
      'model.layers.10.self_attn.q_proj',
    ]);
    expect(adapted({ target_modules: ['q_proj'], layers_to_transform: [] })).toHaveLength(12);
  });

  it.each([
    [{ target_modules: ['c_attn'] }, 'target "c_attn" is no linear layer; those of llama are q_proj,'],
    [{ target_modules: ['q_proj'], exclude_modules: ['q_proj'] }, 'no layer of llama is left to adapt'],
    [{ target_modules: ['q_proj'], layers_to_transform: [12] }, 'no layer of llama is left to adapt'],
    [
      { target_modules: '.*q_proj', layers_to_transform: [1, 2] },
      'layers_to_transform is [1, 2] beside a text as target_modules; expected a list there',
    ],
    [{ target_modules: '.*(?P<part>q)_proj' }, 'target ".*(?P<part>q)_proj" cannot be read: '],
  ])('are refused with the reason: %j', (fields, message) => {
    expect(() => adapted(fields)).toThrow(AdapterFileError);
    expect(() => adapted(fields)).toThrow(`adapter_config.json: ${message}`);
  });
});

describe('ranks and alphas of a PEFT configuration', () => {
  const modules = adaptedModules(configuration({ target_modules: ['q_proj', 'v_proj'] }), llama).slice(0, 4);
  const settings = (fields: Readonly<Record<string, unknown>>) => loraSettings(configuration(fields), modules);
  const [query0, value0, query1, value1] = modules.map(({ name }) => name);

  it('are the same for every module unless a pattern matches one', () => {
    expect(settings({ r: 4, lora_alpha: 12, rank_pattern: { k_proj: 2 } })).toEqual({ rank: 4, alpha: 12 });
    expect(settings({ r: 4, lora_alpha: 12, rank_pattern: { q_proj: 4 } })).toEqual({ rank: 4, alpha: 12 });
  });

  it("are those of the first pattern that matches a name's end, from its start or from after a dot", () => {
    const fields = { r: 4, lora_alpha: 12, rank_pattern: { '1.self_attn.q_proj': 1, '[qk]_proj': 2, proj: 3 } };
    expect(settings({ ...fields, alpha_pattern: { '^model.layers.0.self_attn.v_proj': 5 } })).toEqual({
      rank: 4,
      alpha: 12,
      exceptions: new Map([
        [query0, { rank: 2, alpha: 12 }],
        [value0, { rank: 4, alpha: 5 }],
        [query1, { rank: 1, alpha: 12 }],
      ]),
    });
    expect(value1).toBe('model.layers.1.self_attn.v_proj');
  });

  it("give rank-stabilised LoRA its factor alpha / sqrt(r), with each module's own rank", () => {
    const { rank, alpha, exceptions } = settings({
      r: 4,
      lora_alpha: 12,
      use_rslora: true,
      rank_pattern: { q_proj: 9 },
    });
    expect(alpha / rank).toBe(12 / 2);
    expect(exceptions?.get(query0 as string)).toEqual({ rank: 9, alpha: 36 });
  });
});
