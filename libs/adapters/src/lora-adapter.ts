/**
 * A plain LoRA in PEFT's form: adapter_config.json, and adapter_model.safetensors with A [r, inputWidth] and B [outputWidth, r] of
 * each module under `base_model.model.<module>.lora_A.weight` and `.lora_B.weight`.
 */
import { loraParameterNames, loraSettingsOf, type Parameters, type PlainLoraSettings } from '@fedamole/mole';
import type { LinearModule } from '@fedamole/models';

export const CONFIGURATION_FILE = 'adapter_config.json';
export const WEIGHTS_FILE = 'adapter_model.safetensors';

/** What PEFT puts before a module's name. */
export const PREFIX = 'base_model.model.';

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

/** The shapes of a LoRA's parameters, by their names. */
export function parameterShapes(
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
