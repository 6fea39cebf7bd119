import { describe, expect, it } from '@jest/globals';
import {
  holdExperts,
  initialisePool,
  loraParameterNames,
  stackParameters,
  type Parameter,
  type PlainLoraSettings,
} from '@fedamole/mole';
import { readDecoder, selectModules, type Decoder, type Targets } from '@fedamole/models';
import { encodePeftAdapter } from './encode-peft-adapter.js';
import type { LoraAdapter } from './lora-adapter.js';

const llama = readDecoder({
  ...{ model_type: 'llama', hidden_size: 48, num_hidden_layers: 2, num_attention_heads: 4 },
  ...{ intermediate_size: 80, vocab_size: 199 },
});
const gpt2 = readDecoder({ model_type: 'gpt2', n_embd: 48, n_layer: 2, n_head: 4, vocab_size: 199 });

const zeros = (shape: readonly number[]): Parameter => ({
  shape,
  values: new Float32Array(shape.reduce((a, b) => a * b)),
});

function adapterOn(
  decoder: Decoder,
  targets: Targets,
  settings: PlainLoraSettings = { rank: 2, alpha: 6 },
): LoraAdapter {
  const modules = selectModules(decoder, targets);
  const parameters = modules.flatMap(({ name, inputWidth, outputWidth }) => {
    const { rank } = settings.exceptions?.get(name) ?? settings;
    const { a, b } = loraParameterNames(name);
    return [[a, zeros([rank, inputWidth])] as const, [b, zeros([outputWidth, rank])] as const];
  });
  return { modules, settings, dropout: 0.05, parameters: new Map(parameters), baseModel: null };
}

const fields = (adapter: LoraAdapter, decoder: Decoder): unknown =>
  JSON.parse(encodePeftAdapter(adapter, decoder).configuration);

describe('the configuration that is written for PEFT', () => {
  it('names the modules and their settings', () => {
    expect(fields(adapterOn(llama, ['q_proj', 'v_proj']), llama)).toMatchObject({
      ...{ peft_type: 'LORA', task_type: 'CAUSAL_LM', r: 2, lora_alpha: 6, lora_dropout: 0.05, bias: 'none' },
      ...{ target_modules: ['q_proj', 'v_proj'], rank_pattern: {}, alpha_pattern: {}, base_model_name_or_path: null },
    });
  });

  it('names modules whose rank and alpha are others', () => {
    const name = 'model.layers.1.self_attn.q_proj';
    const settings = { rank: 2, alpha: 6, exceptions: new Map([[name, { rank: 3, alpha: 5 }]]) };
    expect(fields(adapterOn(llama, 'all-linear', settings), llama)).toMatchObject({
      ...{ r: 2, lora_alpha: 6, rank_pattern: { [name]: 3 }, alpha_pattern: { [name]: 5 } },
    });
  });

  it.each<[Decoder, Targets, string[]]>([
    [gpt2, 'all-linear', ['c_attn', 'c_fc', 'c_proj']],
    [gpt2, ['attn.c_proj'], ['transformer.h.0.attn.c_proj', 'transformer.h.1.attn.c_proj']],
    [llama, '.*0.*q_proj', ['model.layers.0.self_attn.q_proj']],
  ])(
    "has the ends of names as targets, or whole names where ends are other layers' too",
    (decoder, targets, written) => {
      expect(fields(adapterOn(decoder, targets), decoder)).toMatchObject({ target_modules: written });
    },
  );
});

describe('what PEFT could not load is not written', () => {
  it('a mixture of experts', () => {
    const modules = llama.defaultModules;
    const pool = initialisePool(modules, { rank: 2, experts: 2 }, () => () => 0.25);
    const held = holdExperts(pool, Object.fromEntries(modules.map(({ name }) => [name, [0, 1]])));
    const adapter = { ...adapterOn(llama, ['q_proj', 'v_proj']), parameters: stackParameters(modules, held, 2) };
    expect(() => encodePeftAdapter(adapter, llama)).toThrow(
      'model.layers.0.self_attn.q_proj has a mixture of experts: its gates depend on the token',
    );
  });

  it('parameters that are missing, of another shape or of no module', () => {
    const written = adapterOn(llama, 'all-linear');
    const [first, ...others] = written.parameters;
    const name = first?.[0] as string;
    const writing = (parameters: LoraAdapter['parameters']) => () =>
      encodePeftAdapter({ ...written, parameters }, llama);
    expect(writing(new Map(others))).toThrow(`parameter ${name} is missing; expected [2, 48]`);
    const wide = { shape: [1, 48], values: new Float32Array(48) };
    expect(writing(new Map([...written.parameters, [name, wide]]))).toThrow(
      `parameter ${name} is [1, 48]; expected [2, 48]`,
    );
    expect(writing(new Map([...written.parameters, ['lm_head.lora_A.weight', wide]]))).toThrow(
      "parameter lm_head.lora_A.weight is none of a LoRA on the adapter's modules",
    );
  });
});
