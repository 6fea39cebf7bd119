/** Batches: token sequences padded on the left to one length, with everything about padding and targets worked out here. */

/** A tokenised example: `ids` = prompt then response; the tokens from `promptLength` on are the targets. */
export interface Sequence {
  readonly ids: readonly number[];
  readonly promptLength: number;
  /** What an error calls it. */
  readonly name?: string;
}

export interface Batch {
  readonly rows: number;
  readonly time: number;
  /** [rows, time] */
  readonly inputIds: BigInt64Array;
  readonly positions: BigInt64Array;
  /** Real tokens of each row. */
  readonly lengths: readonly number[];
  /** 1 / n for each of the n real tokens, 0 for padding [rows * time, 1]. */
  readonly tokenWeights: Float32Array;
  /** Real tokens of the batch. */
  readonly tokenCount: number;
  /** Flat positions [rows * time] whose next token is a target, row by row, and those targets. */
  readonly selected: BigInt64Array;
  readonly targets: BigInt64Array;
  /** The weight of each target's loss in the batch's loss: 1 / n for n targets, so that it is their mean. */
  readonly targetWeight: number;
  /** Targets of each row, in the order of `selected`. */
  readonly targetCounts: readonly number[];
}

/** Throws where a sequence has no target or a prompt of no token: there is nothing to predict from. */
export function makeBatch(sequences: readonly Sequence[], padTokenId: number): Batch {
  const rows = sequences.length;
  if (rows === 0) throw new Error('a batch holds at least one sequence');
  const time = Math.max(...sequences.map(({ ids }) => ids.length));
  const inputIds = new BigInt64Array(rows * time).fill(BigInt(padTokenId));
  const positions = new BigInt64Array(rows * time);
  const tokenWeights = new Float32Array(rows * time);
  const tokenCount = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  const selected: bigint[] = [];
  const targets: bigint[] = [];
  const lengths = sequences.map(({ ids, promptLength }, row) => {
    if (promptLength < 1 || promptLength >= ids.length) {
      throw new Error(`sequence ${row}: a prompt of ${promptLength} of ${ids.length} tokens leaves nothing to predict`);
    }
    const start = row * time + time - ids.length;
    ids.forEach((id, index) => {
      inputIds[start + index] = BigInt(id);
      positions[start + index] = BigInt(index);
      tokenWeights[start + index] = 1 / tokenCount;
      if (index < promptLength) return;
      selected.push(BigInt(start + index - 1));
      targets.push(BigInt(id));
    });
    return ids.length;
  });
  return {
    rows,
    time,
    inputIds,
    positions,
    lengths,
    tokenWeights,
    tokenCount,
    selected: BigInt64Array.from(selected),
    targets: BigInt64Array.from(targets),
    targetWeight: 1 / targets.length,
    targetCounts: sequences.map(({ ids, promptLength }) => ids.length - promptLength),
  };
}

/** Groups sequences of similar length: indices in order of length, `size` at a time. */
export function bucketByLength(lengths: readonly number[], size: number): number[][] {
  const order = lengths
    .map((_, index) => index)
    .sort((a, b) => (lengths[a] as number) - (lengths[b] as number) || a - b);
  return Array.from({ length: Math.ceil(order.length / size) }, (_, bucket) =>
    order.slice(bucket * size, (bucket + 1) * size),
  );
}
