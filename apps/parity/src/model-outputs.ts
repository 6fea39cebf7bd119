/** Full logits of a batch, through the decoding graph without a cache. */
import type { Parameters } from '@fedamole/mole';
import type { Batch, Engine } from '@fedamole/training';
import { largestDifference } from './comparison.js';

/** [rows * time, vocabulary] */
export async function allLogits(engine: Engine, parameters: Parameters, batch: Batch): Promise<Float32Array> {
  const { rows, time, inputIds, positions, lengths } = batch;
  const selected = BigInt64Array.from({ length: rows * time }, (_, position) => BigInt(position));
  const input = { rows, time, inputIds, positions, lengths, selected };
  const { logits } = await engine.decode(parameters, input, null);
  return logits;
}

/** The largest difference of logits over the positions that are not padding. */
export function logitsDifference(
  actual: Float32Array,
  expected: Float64Array,
  attended: readonly number[],
  width: number,
): number {
  if (actual.length !== expected.length) return Infinity;
  return Math.max(
    ...attended.map((position) => {
      const range = [position * width, (position + 1) * width] as const;
      return largestDifference(actual.subarray(...range), expected.subarray(...range));
    }),
  );
}
