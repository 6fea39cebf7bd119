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
      decoder.hiddenStates(graph, weight, { ...inputs, keyPositions: () => scale(inputs.keyPositions(), 2) }, adapt),
  };
}

/** GPT-2's positions count columns there, padding included; here they count from the first real token. */
export function withReferencePositions(decoder: Decoder, batch: Batch): Batch {
  if (decoder.family !== 'gpt2') return batch;
  const positions = batch.positions.map((_, index) => BigInt(index % batch.time));
  return { ...batch, positions };
}
