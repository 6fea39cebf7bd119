export { UnsupportedModelError } from './configuration-fields.js';
export {
  parameterCount,
  type AdaptLinear,
  type Decoder,
  type DecoderInputs,
  type DecoderOutputs,
  type KeyValues,
  type LinearModule,
  type WeightSource,
} from './decoder.js';
export { readDecoder } from './families.js';
export type { RotaryTurns } from './rotary-kinds.js';
export { rotaryRows, type RotaryEmbedding, type RotaryRows } from './rotary.js';
export { selectModules, targetMatcher, type Targets } from './targets.js';
