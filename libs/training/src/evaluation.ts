/** Measures a model with its adapters on examples: mean loss, and the mean embeddings that reverse selection needs. */
import type { Parameters } from '@fedamole/mole';
import { bucketByLength, makeBatch, type Sequence } from './batch.js';
import type { Engine } from './engine.js';

/** Sequences that are evaluated at once; of similar length, so that little is padding. */
const EVALUATION_ROWS = 16;

/** Called after each batch with the examples that were looked at so far; may throw to stop. */
type OnExamples = (done: number) => void | Promise<void>;
const ignore: OnExamples = () => undefined;

/** Mean cross-entropy per target token over all examples, in nats. */
export async function meanLoss(
  engine: Engine,
  parameters: Parameters,
  examples: readonly Sequence[],
  padTokenId: number,
  onExamples: OnExamples = ignore,
): Promise<number> {
  let done = 0;
  let sum = 0;
  let count = 0;
  for (const batch of batches(examples, padTokenId)) {
    const { tokenLosses } = await engine.evaluate(parameters, batch);
    for (const loss of tokenLosses) sum += loss;
    count += tokenLosses.length;
    done += batch.rows;
    await onExamples(done);
  }
  return sum / count;
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
  for (const batch of batches(examples, padTokenId)) {
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
    yield makeBatch(
      bucket.map((index) => examples[index] as Sequence),
      padTokenId,
    );
  }
}

function accumulate(sum: Float64Array, vector: Float32Array, weight: number): void {
  for (let index = 0; index < sum.length; index += 1)
    sum[index] = (sum[index] as number) + weight * (vector[index] as number);
}
