import type { Parameter, Parameters, PlainLoraSettings } from '@fedamole/mole';
import type { Decoder, LinearModule } from '@fedamole/models';
import { readSafetensors, SafetensorsError, printable, type SafetensorsContents } from '@fedamole/safetensors';
import {
  CONFIGURATION_FILE,
  parameterShapes,
  PREFIX,
  WEIGHTS_FILE,
  type LoraAdapter,
  type PeftFiles,
} from './lora-adapter.js';
import { readPeftConfiguration } from './peft-configuration.js';
import { adaptedModules, loraSettings } from './peft-modules.js';
import { AdapterFileError, takeTensor } from './take-tensor.js';

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
        const values = takeTensor(contents, PREFIX + name, shape, {
          dtypes: ['F32', 'BF16', 'F16'],
          largest: Number.MAX_VALUE,
        });
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
    throw new AdapterFileError(
      `tensor ${printable(strange, 200)} is none of a LoRA on what ${CONFIGURATION_FILE} targets`,
    );
  }
}
