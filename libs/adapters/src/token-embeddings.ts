import { readSafetensors } from '@fedamole/safetensors';
import { takeTensor } from './take-tensor.js';

/**
 * A client's mean token embedding [rank] of each module, out of an embeddings file; which experts it held does not matter
 * for it. Throws where one is missing, of another shape or not finite.
 */
export function decodeTokenEmbeddings(
  bytes: Uint8Array,
  modules: readonly { readonly name: string }[],
  rank: number,
): ReadonlyMap<string, Float32Array> {
  const contents = readSafetensors(bytes);
  return new Map(modules.map(({ name }) => [name, takeTensor(contents, `${name}.mean_token_embedding`, [rank])]));
}
