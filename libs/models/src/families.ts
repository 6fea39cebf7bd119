/** The decoder families that are built, by config.json's `model_type`. */
import { asFields, oneOf, type ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { llama } from './llama.js';

const families = { llama } satisfies Record<string, (config: ConfigurationFields) => Decoder>;

/** Reads a config.json's contents. Throws UnsupportedModelError naming the field that is missing, malformed or unsupported. */
export function readDecoder(config: unknown): Decoder {
  const fields = asFields(config, 'config.json');
  const family = oneOf(fields, 'model_type', Object.keys(families) as (keyof typeof families)[]);
  return families[family](fields);
}
