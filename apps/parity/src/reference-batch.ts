/** A fixture's batch (input_ids, attention_mask, labels) as the sequences that the engine takes. */
import { makeBatch, type Batch, type Sequence } from '@fedamole/training';
import type { Reference } from './reference.js';

const IGNORED = -100;

export interface ReferenceBatch {
  readonly batch: Batch;
  /** Flat positions [rows * time] that are not padding. */
  readonly attended: readonly number[];
}

/** The tags of a fixture's batches: `full`, `leftpad`, ... */
export function batchTags(reference: Reference): string[] {
  return reference
    .namesUnder('')
    .filter((name) => name.endsWith('.labels'))
    .map((name) => name.slice(0, -'.labels'.length))
    .sort();
}

export function readBatch(reference: Reference, tag: string): ReferenceBatch {
  const ids = reference.integerRows(`${tag}.input_ids`);
  const masks = reference.integerRows(`${tag}.attention_mask`);
  const labels = reference.integerRows(`${tag}.labels`);
  const time = ids[0]?.length ?? 0;
  const attended: number[] = [];
  const sequences = ids.map((row, index): Sequence => {
    const mask = masks[index] as number[];
    const start = mask.indexOf(1);
    if (mask.slice(start).includes(0))
      throw new Error(`${reference.file}: ${tag}: only padding on the left is supported`);
    for (let column = start; column < time; column += 1) attended.push(index * time + column);
    const targets = (labels[index] as number[]).slice(start);
    // the first token is never predicted, whatever its label is
    const promptLength = Math.max(
      1,
      targets.findIndex((label) => label !== IGNORED),
    );
    const real = row.slice(start);
    const matches = real.slice(promptLength).every((id, offset) => id === targets[promptLength + offset]);
    if (!matches) throw new Error(`${reference.file}: ${tag}: labels are not the input's own last tokens`);
    return { ids: real, promptLength };
  });
  return { batch: makeBatch(sequences, 0), attended };
}
