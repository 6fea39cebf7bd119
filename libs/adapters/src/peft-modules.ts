/** Which layers a PEFT configuration adapts, and with which rank and alpha each. */
import type { LoraSettings, PlainLoraSettings } from '@fedamole/mole';
import {
  selectModules,
  targetMatcher,
  UnsupportedModelError,
  type Decoder,
  type LinearModule,
  type Targets,
} from '@fedamole/models';
import { CONFIGURATION_FILE } from './lora-adapter.js';
import type { PeftConfiguration } from './peft-configuration.js';
import { AdapterFileError } from './take-tensor.js';

/** The adapted layers in forward order. Throws AdapterFileError where a target is no layer of the decoder. */
export function adaptedModules(configuration: PeftConfiguration, decoder: Decoder): readonly LinearModule[] {
  const targets = configuration.target_modules ?? decoder.defaultModules.map(({ name }) => name);
  const inLayers = layerFilter(targets, [configuration.layers_to_transform ?? []].flat());
  return refusedByFile(() => {
    const excluded = targetMatcher(configuration.exclude_modules ?? []);
    const modules = selectModules(decoder, targets).filter(({ name }) => !excluded(name) && inLayers(name));
    if (modules.length === 0) throw new UnsupportedModelError(`no layer of ${decoder.family} is left to adapt`);
    return modules;
  });
}

/** Whether a target is in one of the layers of these indices, if there are any; one that is given by its whole name always is. */
function layerFilter(targets: Targets, indices: readonly number[]): (name: string) => boolean {
  if (indices.length === 0) return () => true;
  if (typeof targets === 'string') {
    throw new AdapterFileError(
      `${CONFIGURATION_FILE}: layers_to_transform is [${indices.join(', ')}] beside a text as target_modules; expected a list there`,
    );
  }
  return (name) => {
    const index = /^.*?\.[^.]*\.(\d+)\./.exec(name)?.[1];
    return targets.includes(name) || (index !== undefined && indices.includes(Number(index)));
  };
}

/**
 * Rank and alpha of every module. Rank-stabilised LoRA (Kalajdzievski 2023) scales by alpha / sqrt(r): its alpha times sqrt(r)
 * is the alpha that gives the same factor.
 */
export function loraSettings(
  { r, lora_alpha, use_rslora, rank_pattern, alpha_pattern }: PeftConfiguration,
  modules: readonly LinearModule[],
): PlainLoraSettings {
  const settings = (rank: number, alpha: number): LoraSettings => ({
    rank,
    alpha: use_rslora ? alpha * Math.sqrt(rank) : alpha,
  });
  const usual = settings(r, lora_alpha);
  const exceptions = refusedByFile(() =>
    modules
      .map(
        ({ name }) =>
          [name, settings(patterned(rank_pattern, name) ?? r, patterned(alpha_pattern, name) ?? lora_alpha)] as const,
      )
      .filter(([, { rank, alpha }]) => rank !== usual.rank || alpha !== usual.alpha),
  );
  return exceptions.length === 0 ? usual : { ...usual, exceptions: new Map(exceptions) };
}

/** The value of the first pattern that matches a module's name from its start or from after a dot. */
function patterned(patterns: Readonly<Record<string, number>>, name: string): number | undefined {
  return Object.entries(patterns).find(([pattern]) => targetMatcher(String.raw`(?:.*\.)?(?:${pattern})`)(name))?.[1];
}

function refusedByFile<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof UnsupportedModelError) throw new AdapterFileError(`${CONFIGURATION_FILE}: ${error.message}`);
    throw error;
  }
}
