/** How the frozen weights of a model are laid out in memory, by their form, the model's size and what a session is for. */
import type { Model } from '@fedamole/base-models';
import type { EngineSettings } from './engine.js';
import type { WeightLayout } from './session.js';

/** Parameters up to which weights are repacked for training as float32: 64 Mi of them, 256 MiB. */
const REPACKED_PARAMETERS = 2 ** 26;

export type Purpose = 'training' | 'evaluation' | 'decoding';

/**
 * Small models have narrow layers, whose products' bits would depend on the number of threads unless they are repacked; large
 * ones have none so narrow, and stay in the mapped file. Decoding reads all weights for every token, so it widens and repacks them.
 * The kernels of 4-bit products work on repacked weights only. Integer products are exact however they are computed: repacked,
 * which takes half as much memory again, products with about 100 tokens take a fifth less time, and those with 500 as long; so
 * training that saves memory (`recompute`) does without.
 */
export function weightLayout(
  { form, parameterCount }: Model,
  purpose: Purpose,
  { recompute = false }: Pick<EngineSettings, 'recompute'>,
): WeightLayout {
  const copied = purpose === 'decoding' || parameterCount <= REPACKED_PARAMETERS;
  switch (form) {
    case 'float32':
      return { widened: true, repacked: copied };
    case 'bfloat16':
      return { widened: copied, repacked: copied };
    case 'int8':
      return { widened: true, repacked: purpose !== 'training' || !recompute };
    case 'int4':
      return { widened: false, repacked: true };
  }
}
