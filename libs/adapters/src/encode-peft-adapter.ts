import { moleParameterNames } from '@fedamole/mole';
import { selectModules, type Decoder, type LinearModule, type Targets } from '@fedamole/models';
import { float32Tensor, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import { parameterShapes, PREFIX, type LoraAdapter, type PeftFiles } from './lora-adapter.js';
import { AdapterFileError } from './take-tensor.js';

/** Writes a LoRA as PEFT does. Throws AdapterFileError where the parameters are not those of its modules. */
export function encodePeftAdapter(adapter: LoraAdapter, decoder: Decoder): PeftFiles {
  const { modules, settings, dropout, parameters, baseModel } = adapter;
  const mixture = modules.find(({ name }) => parameters.has(moleParameterNames(name).expertsA));
  if (mixture !== undefined) {
    throw new AdapterFileError(
      `${mixture.name} has a mixture of experts: its gates depend on the token, so no LoRA that PEFT could load equals it`,
    );
  }
  const shapes = parameterShapes(modules, settings);
  const strange = [...parameters.keys()].find((name) => !shapes.has(name));
  if (strange !== undefined)
    throw new AdapterFileError(`parameter ${strange} is none of a LoRA on the adapter's modules`);
  const tensors = new Map<string, Tensor>();
  for (const [name, shape] of shapes) {
    const parameter = parameters.get(name);
    if (parameter?.shape.join() !== shape.join()) {
      const found = parameter === undefined ? 'is missing' : `is [${parameter.shape.join(', ')}]`;
      throw new AdapterFileError(`parameter ${name} ${found}; expected [${shape.join(', ')}]`);
    }
    tensors.set(PREFIX + name, float32Tensor(shape, parameter.values));
  }
  const pattern = (of: 'rank' | 'alpha'): Record<string, number> =>
    Object.fromEntries([...(settings.exceptions ?? [])].map(([module, its]) => [module, its[of]]));
  const configuration = {
    alpha_pattern: pattern('alpha'),
    base_model_name_or_path: baseModel,
    bias: 'none',
    fan_in_fan_out: storesInputFirst(decoder),
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: settings.alpha,
    lora_dropout: dropout,
    peft_type: 'LORA',
    r: settings.rank,
    rank_pattern: pattern('rank'),
    target_modules: targetsOf(modules, decoder),
    task_type: 'CAUSAL_LM',
    use_dora: false,
    use_rslora: false,
  };
  return {
    configuration: JSON.stringify(configuration, null, 2),
    weights: writeSafetensors(tensors, { format: 'pt' }),
  };
}

/** PEFT's own way round: names' ends where those name the same layers and no other, else whole names. */
export function targetsOf(modules: readonly LinearModule[], decoder: Decoder): Targets {
  const ends = [...new Set(modules.map(({ name }) => name.slice(name.lastIndexOf('.') + 1)))].sort();
  return selectModules(decoder, ends).length === modules.length ? ends : modules.map(({ name }) => name);
}

/** Whether linear weights are [inputWidth, outputWidth], as GPT-2's Conv1D has them; told by those that are not square. */
const storesInputFirst = ({ linearModules, weights }: Decoder): boolean =>
  linearModules.some(
    ({ name, inputWidth, outputWidth }) =>
      inputWidth !== outputWidth && weights.get(`${name}.weight`)?.[0] === inputWidth,
  );
