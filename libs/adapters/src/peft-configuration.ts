/**
 * PEFT's adapter_config.json of a LoRA, as PEFT 0.21 writes it. Every field is understood, or is without effect on an adapter that
 * is trained already, or has to be unset: an adapter that would be computed otherwise than PEFT computes it is refused.
 */
import { printable, shown } from '@fedamole/safetensors';
import { z } from 'zod';
import { CONFIGURATION_FILE } from './lora-adapter.js';
import { AdapterFileError } from './take-tensor.js';

const expected = (what: string) => ({
  error: ({ input }: { readonly input?: unknown }): string =>
    `${input === undefined ? 'is missing' : `is ${shown(input)}`}; expected ${what}`,
});

const whole = (least: number) =>
  z.int(expected(`a whole number from ${least}`)).min(least, expected(`a whole number from ${least}`));
const rank = whole(1);
const alpha = z.number(expected('a number'));
const flag = z.boolean(expected('true or false')).default(false);
const share = expected('a number from 0, less than 1');
const names = z.union([z.string(), z.array(z.string())], expected('a text or a list of texts')).nullish();

/** Ways to draw the first values that leave the base weights as they are; the others train against changed ones. */
const initialisations = [true, false, 'gaussian', 'eva', 'orthogonal'] as const;

const fields = {
  peft_type: z.literal('LORA', expected('"LORA"')),
  task_type: z.literal('CAUSAL_LM', expected('"CAUSAL_LM"')).nullish(),
  base_model_name_or_path: z.string(expected('a text')).nullish(),
  r: rank.default(8),
  lora_alpha: alpha.default(8),
  use_rslora: flag,
  rank_pattern: z.record(z.string(), rank).default({}),
  alpha_pattern: z.record(z.string(), alpha).default({}),
  lora_dropout: z.number(share).min(0, share).lt(1, share).default(0),
  target_modules: names,
  exclude_modules: names,
  layers_to_transform: z
    .union([whole(0), z.array(whole(0))], expected('the index of a layer or a list of them'))
    .nullish(),
  // PEFT corrects it for each layer that it wraps: A and B have the same shapes either way
  fan_in_fan_out: flag,
  bias: z.literal('none', expected('"none"')).default('none'),
  init_lora_weights: z
    .literal(initialisations, expected(initialisations.map((each) => JSON.stringify(each)).join(' or ')))
    .default(true),
};

const schema = z.looseObject(fields, expected('an object'));

export type PeftConfiguration = z.infer<typeof schema>;

const withoutEffect = new Set([
  'auto_mapping',
  'revision',
  'inference_mode',
  'peft_version',
  'runtime_config',
  'megatron_core',
  'qalora_group_size',
  'ensure_weight_tying',
  // the settings of initialisations: PEFT ignores them unless init_lora_weights names theirs
  'eva_config',
  'corda_config',
  'loftq_config',
  'lora_ga_config',
]);

/** Throws AdapterFileError naming the field, its value and what it may be. */
export function readPeftConfiguration(text: string): PeftConfiguration {
  const { data, error } = schema.safeParse(parsed(text));
  const [issue] = error?.issues ?? [];
  if (data === undefined) throw refusal(`${issue?.path.join('.') || 'the file'} ${issue?.message}`);
  for (const [field, value] of Object.entries(data)) {
    if (Object.hasOwn(fields, field) || withoutEffect.has(field) || isUnset(value)) continue;
    throw refusal(`${printable(field, 100)} is ${shown(value)}; a LoRA with it is not supported`);
  }
  return data;
}

const refusal = (problem: string): AdapterFileError => new AdapterFileError(`${CONFIGURATION_FILE}: ${problem}`);

const isUnset = (value: unknown): boolean =>
  value === null || value === false || (typeof value === 'object' && Object.keys(value).length === 0);

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refusal(`is not valid JSON (${(error as Error).message})`);
  }
}
