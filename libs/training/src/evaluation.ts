/** Measures a model with its adapters on examples: mean loss, and the mean embeddings that reverse selection needs. */
import type { Parameters } from '@fedamole/mole';
import { bucketByLength, makeBatch, type Sequence } from './batch.js';
import type { Engine } from './engine.js';

/** Sequences that are evaluated at once; of similar length, so that little is padding. */
const EVALUATION_ROWS = 16;

/** Called after each batch with the examples that were looked at so far; may throw to stop. */
export type OnExamples = (done: number) => void | Promise<void>;
const ignore: OnExamples = () => undefined;

/** Mean cross-entropy per target token over all examples, in nats. Throws a RangeError where there are none. */
export async function meanLoss(
  engine: Engine,
  parameters: Parameters,
  examples: readonly Sequence[],
  padTokenId: number,
  onExamples: OnExamples = ignore,
): Promise<number> {
  if (examples.length === 0) throw new RangeError('meanLoss: there are no examples');
  const losses = await targetLosses(engine, parameters, examples, padTokenId, onExamples);
  const total = (of: (loss: TargetLoss) => number): number => losses.reduce((sum, loss) => sum + of(loss), 0);
  return total(({ sum }) => sum) / total(({ count }) => count);
}

/** The exponential of a mean loss per token in nats: as many equally likely tokens would be as hard to tell. */
export const perplexityOf = (meanLoss: number): number => Math.exp(meanLoss);

/** The cross-entropy of one example's target tokens. */
export interface TargetLoss {
  /** In nats. */
  readonly sum: number;
  /** Target tokens. */
  readonly count: number;
}

/** The loss of every example, in their order, whatever batches they were evaluated in. */
export async function targetLosses(
  engine: Engine,
  parameters: Parameters,
  examples: readonly Sequence[],
  padTokenId: number,
  onExamples: OnExamples = ignore,
): Promise<TargetLoss[]> {
  const losses: TargetLoss[] = [];
  let done = 0;
  for (const { bucket, batch } of batches(examples, padTokenId)) {
    const { tokenLosses } = await engine.evaluate(parameters, batch);
    let start = 0;
    batch.targetCounts.forEach((count, row) => {
      const sum = tokenLosses.subarray(start, start + count).reduce((total, loss) => total + loss, 0);
      losses[bucket[row] as number] = { sum, count };
      start += count;
    });
    done += batch.rows;
    await onExamples(done);
  }
  return losses;
}

export interface MeanEmbeddings {
  /** [rank] */
  readonly token: Float32Array;
  /** One [rank] a held expert. */
  readonly experts: readonly Float32Array[];
}

/** Per module the mean token and expert embeddings over all tokens of all examples; padding is left out. */
export async function meanEmbeddings(
  engine: Engine,
  parameters: Parameters,
  examples: readonly Sequence[],
  padTokenId: number,
  onExamples: OnExamples = ignore,
): Promise<ReadonlyMap<string, MeanEmbeddings>> {
  let done = 0;
  const { adapter } = engine.settings;
  if (adapter.kind !== 'mole') throw new Error(`mean embeddings need a mixture of experts, not ${adapter.kind}`);
  const sums = new Map<string, { token: Float64Array; experts: Float64Array }>();
  let tokens = 0;
  for (const { batch } of batches(examples, padTokenId)) {
    tokens += batch.tokenCount;
    const { routing } = await engine.evaluate(parameters, batch);
    for (const [module, { token, experts }] of routing) {
      const sum = sums.get(module) ?? {
        token: new Float64Array(token.length),
        experts: new Float64Array(experts.length),
      };
      sums.set(module, sum);
      accumulate(sum.token, token, batch.tokenCount);
      accumulate(sum.experts, experts, batch.tokenCount);
    }
    done += batch.rows;
    await onExamples(done);
  }
  return new Map(
    [...sums].map(([module, { token, experts }]) => {
      const mean = (vector: Float64Array): Float32Array => Float32Array.from(vector, (element) => element / tokens);
      const stacked = mean(experts);
      const count = stacked.length / adapter.rank;
      const rows = Array.from({ length: count }, (_, index) =>
        stacked.slice(index * adapter.rank, (index + 1) * adapter.rank),
      );
      return [module, { token: mean(token), experts: rows }];
    }),
  );
}

function* batches(examples: readonly Sequence[], padTokenId: number) {
  const lengths = examples.map(({ ids }) => ids.length);
  for (const bucket of bucketByLength(lengths, EVALUATION_ROWS)) {
    const rows = bucket.map((index) => examples[index] as Sequence);
    yield { bucket, batch: makeBatch(rows, padTokenId) };
  }
}

function accumulate(sum: Float64Array, vector: Float32Array, weight: number): void {
  for (let index = 0; index < sum.length; index += 1)
    sum[index] = (sum[index] as number) + weight * (vector[index] as number);
}
