/**
 * What the reference's own code (transformers 5.18, eager attention) does otherwise than a model's users expect. The product
 * does not; a comparison has to.
 */
import { scale } from '@fedamole/graph';
import type { Decoder } from '@fedamole/models';
import type { Batch } from '@fedamole/training';

/** Falcon's linear biases are added twice there, once with the causal mask and once with the scores. */
export function withReferenceBiases(decoder: Decoder): Decoder {
  if (decoder.family !== 'falcon') return decoder;
  return {
    ...decoder,
    hiddenStates: (graph, weight, inputs, adapt) =>
      decoder.hiddenStates(
        graph,
        weight,
        { ...inputs, keyPositions: () => inputs.keyPositions().map((part) => scale(part, 2)) },
        adapt,
      ),
  };
}

/** GPT-2's positions count columns there, padding included; here they count from the first real token. */
export function withReferencePositions(decoder: Decoder, batch: Batch): Batch {
  if (decoder.family !== 'gpt2') return batch;
  const positions = batch.positions.map((_, index) => BigInt(index % batch.time));
  return { ...batch, positions };
}

/**
 * Greedy tokens after a prompt. From the length on at which LongRoPE turns all keys otherwise, Phi-3 is given its newest token
 * alone there: the cache is dropped, and nothing put in its place.
 *
 * @param generate so many tokens after others
 */
export async function referenceContinuation(
  { rotaryEmbeddings }: Pick<Decoder, 'rotaryEmbeddings'>,
  prompt: readonly number[],
  count: number,
  generate: (ids: readonly number[], count: number) => Promise<readonly number[]>,
): Promise<number[]> {
  const following = rotaryEmbeddings.filter(({ keysFollow }) => keysFollow);
  const remembered = Array.from({ length: count }, (_, index) => prompt.length + index + 1).filter((length) =>
    following.every(({ turns }) => turns(length) === turns(prompt.length)),
  ).length;
  // the token that makes the sequence too long still comes from all of it
  const tokens = [...(await generate(prompt, Math.min(count, remembered + 1)))];
  while (tokens.length < count) tokens.push(...(await generate(tokens.slice(-1), 1)));
  return tokens;
}
