/** In which order training sees its examples. Every example comes once before any is seen again. */
import { shuffled } from '@fedamole/seeded-random';
import { bucketByLength, type Sequence } from './batch.js';

/** Batches of `size` examples drawn without replacement, shuffled anew whenever all were seen. */
export function shuffledBatches(examples: readonly Sequence[], size: number, random: () => number): () => Sequence[] {
  requireExamples(examples);
  let queue: Sequence[] = [];
  const draw = (): Sequence => {
    if (queue.length === 0) queue = shuffled(examples, random);
    return queue.pop() as Sequence;
  };
  return () => Array.from({ length: size }, draw);
}

/** Each length is taken for up to this share more than it is, so that the same examples do not meet in every pass. */
const LENGTH_NOISE = 0.1;

/**
 * Batches of `size` examples of similar length, in random order; grouped anew whenever all were seen. One batch of a pass is
 * smaller where `size` does not divide the number of examples.
 */
export function lengthBucketedBatches(
  examples: readonly Sequence[],
  size: number,
  random: () => number,
): () => Sequence[] {
  requireExamples(examples);
  let queue: number[][] = [];
  return () => {
    if (queue.length === 0) {
      const lengths = examples.map(({ ids }) => ids.length * (1 + LENGTH_NOISE * random()));
      queue = shuffled(bucketByLength(lengths, size), random);
    }
    return (queue.pop() ?? []).map((index) => examples[index] as Sequence);
  };
}

function requireExamples(examples: readonly Sequence[]): void {
  if (examples.length === 0) throw new Error('there is no example to train on');
}
