/**
 * A plain LoRA in PEFT's form: adapter_config.json, and adapter_model.safetensors with A [r, inputWidth] and B [outputWidth, r] of
 * each module under `base_model.model.<module>.lora_A.weight` and `.lora_B.weight`.
 */
import {
  loraParameterNames,
  loraSettingsOf,
  moleParameterNames,
  type Parameter,
  type Parameters,
  type PlainLoraSettings,
} from '@fedamole/mole';
import type { Decoder, LinearModule } from '@fedamole/models';
import {
  float32Tensor,
  readSafetensors,
  SafetensorsError,
  writeSafetensors,
  type SafetensorsContents,
  type Tensor,
} from '@fedamole/safetensors';
import { CONFIGURATION_FILE, readPeftConfiguration } from './peft-configuration.js';
import { adaptedModules, loraSettings, targetsOf } from './peft-modules.js';
import { AdapterFileError, takeTensor } from './take-tensor.js';

export const WEIGHTS_FILE = 'adapter_model.safetensors';
const PREFIX = 'base_model.model.';

/** A plain LoRA on some layers of a base model. */
export interface LoraAdapter {
  /** The adapted layers, in forward order. */
  readonly modules: readonly LinearModule[];
  readonly settings: PlainLoraSettings;
  /** Rate of dropout that it was trained with, on the adapters' input. */
  readonly dropout: number;
  /** A and B of every module, by `loraParameterNames`. */
  readonly parameters: Parameters;
  /** What the base model is called; null where that is not known. Nothing checks it. */
  readonly baseModel: string | null;
}

export interface PeftFiles {
  /** The text of adapter_config.json. */
  readonly configuration: string;
  /** The bytes of adapter_model.safetensors. */
  readonly weights: Uint8Array;
}

/** Reads a LoRA for a decoder. Throws AdapterFileError where the files are malformed, do not fit or ask for what is not built. */
export function decodePeftAdapter({ configuration, weights }: PeftFiles, decoder: Decoder): LoraAdapter {
  const fields = readPeftConfiguration(configuration);
  const modules = adaptedModules(fields, decoder);
  const settings = loraSettings(fields, modules);
  return {
    modules,
    settings,
    dropout: fields.lora_dropout,
    parameters: readParameters(weights, modules, settings),
    baseModel: fields.base_model_name_or_path ?? null,
  };
}

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

function parameterShapes(
  modules: readonly LinearModule[],
  settings: PlainLoraSettings,
): ReadonlyMap<string, readonly number[]> {
  return new Map(
    modules.flatMap(({ name, inputWidth, outputWidth }) => {
      const { rank } = loraSettingsOf(settings, name);
      const names = loraParameterNames(name);
      return [[names.a, [rank, inputWidth]] as const, [names.b, [outputWidth, rank]] as const];
    }),
  );
}

function readParameters(
  weights: Uint8Array,
  modules: readonly LinearModule[],
  settings: PlainLoraSettings,
): Parameters {
  try {
    const contents = readSafetensors(weights);
    const shapes = parameterShapes(modules, settings);
    requireOnly(contents, shapes);
    return new Map(
      [...shapes].map(([name, shape]): [string, Parameter] => {
        const values = takeTensor(contents, PREFIX + name, shape, ['F32', 'BF16', 'F16']);
        return [name, { shape, values }];
      }),
    );
  } catch (error) {
    if (!(error instanceof AdapterFileError || error instanceof SafetensorsError)) throw error;
    throw new AdapterFileError(`${WEIGHTS_FILE}: ${error.message}`);
  }
}

/** A tensor that nothing reads would be an adapter's part without effect. */
function requireOnly({ tensors, metadata }: SafetensorsContents, shapes: ReadonlyMap<string, unknown>): void {
  if (metadata['format'] === 'fedamole') {
    throw new AdapterFileError('the file holds a mixture of experts of a federation; expected a LoRA that PEFT wrote');
  }
  const strange = [...tensors.keys()].find(
    (name) => !name.startsWith(PREFIX) || !shapes.has(name.slice(PREFIX.length)),
  );
  if (strange !== undefined) {
    throw new AdapterFileError(`tensor ${strange} is none of a LoRA on what ${CONFIGURATION_FILE} targets`);
  }
}

/** Whether linear weights are [inputWidth, outputWidth], as GPT-2's Conv1D has them; told by those that are not square. */
const storesInputFirst = ({ linearModules, weights }: Decoder): boolean =>
  linearModules.some(
    ({ name, inputWidth, outputWidth }) =>
      inputWidth !== outputWidth && weights.get(`${name}.weight`)?.[0] === inputWidth,
  );
