/** The decoder families that are built, by config.json's `model_type`. */
import { ConfigurationFields } from './configuration-fields.js';
import type { Decoder } from './decoder.js';
import { falcon } from './falcon.js';
import { refuseForeignFields } from './foreign-fields.js';
import { gemma2 } from './gemma2.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { opt } from './opt.js';
import { phi3 } from './phi3.js';
import { qwen2, qwen3 } from './qwen.js';

const families = { falcon, gemma2, gpt2, llama, mistral, opt, phi3, qwen2, qwen3 } satisfies Record<
  string,
  (config: ConfigurationFields) => Decoder
>;

/**
 * Reads a config.json's contents. Throws UnsupportedModelError naming the field that is missing, malformed or unsupported;
 * no field that changes what the model computes is left out silently.
 */
export function readDecoder(config: unknown): Decoder {
  const fields = ConfigurationFields.of(config);
  const family = fields.oneOf('model_type', Object.keys(families) as (keyof typeof families)[]);
  const decoder = families[family](fields);
  refuseForeignFields(fields);
  return decoder;
}
