/** The mixture of LoRA experts straight from its equations, token by token, as a reference for the graph. */
export interface PlainExpert {
  /** [rank][inputWidth] and [outputWidth][rank] */
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
}

export interface PlainModule {
  readonly experts: readonly PlainExpert[];
  readonly shared: PlainExpert;
  /** [rank][inputWidth] */
  readonly tokenProjection: readonly (readonly number[])[];
}

export interface PlainSettings {
  readonly rank: number;
  readonly alpha: number;
  readonly topK: number;
}

const dot = (left: readonly number[], right: readonly number[]): number =>
  left.reduce((sum, element, index) => sum + element * (right[index] as number), 0);
const apply = (matrix: readonly (readonly number[])[], vector: readonly number[]): number[] =>
  matrix.map((row) => dot(row, vector));
const softmax = (scores: readonly number[]): number[] => {
  const exponentials = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const total = exponentials.reduce((sum, element) => sum + element, 0);
  return exponentials.map((element) => element / total);
};

/** One token: what the module adds to the frozen layer's output, and how it was routed. `dropped` is drop(x). */
export function plainToken(
  { experts, shared, tokenProjection }: PlainModule,
  { rank, alpha, topK }: PlainSettings,
  x: readonly number[],
  dropped: readonly number[],
) {
  const expertEmbeddings = experts.map(({ a }) => apply(a, x));
  const tokenEmbedding = apply(tokenProjection, x);
  const probabilities = softmax(expertEmbeddings.map((embedding) => dot(embedding, tokenEmbedding) / Math.sqrt(rank)));
  const largest = [...probabilities.keys()].sort((i, j) => (probabilities[j] as number) - (probabilities[i] as number));
  const picked = largest.slice(0, topK);
  const total = picked.reduce((sum, expert) => sum + (probabilities[expert] as number), 0);
  const gates = probabilities.map((probability, expert) => (picked.includes(expert) ? probability / total : 0));
  const added = shared.b.map((row, output) => {
    const parts = experts.map(
      ({ a, b }, expert) => (gates[expert] as number) * dot(b[output] ?? [], apply(a, dropped)),
    );
    return (alpha / rank) * parts.reduce((sum, part) => sum + part, dot(row, apply(shared.a, dropped)));
  });
  return { added, probabilities, picked, expertEmbeddings, tokenEmbedding };
}

export type PlainToken = ReturnType<typeof plainToken>;

/** |H| * sum over i of P_i f_i over these tokens. */
export function plainBalance(tokens: readonly PlainToken[], held: number, topK: number): number {
  const terms = Array.from({ length: held }, (_, expert) => {
    const probability = tokens.reduce((sum, { probabilities }) => sum + (probabilities[expert] as number), 0);
    const picks = tokens.filter(({ picked }) => picked.includes(expert)).length;
    return (probability / tokens.length) * (picks / (topK * tokens.length));
  });
  return held * terms.reduce((sum, term) => sum + term, 0);
}

/** The mean of equally long vectors. */
export function plainMean(vectors: readonly (readonly number[])[]): number[] {
  return (vectors[0] ?? []).map(
    (_, index) => vectors.reduce((sum, vector) => sum + (vector[index] as number), 0) / vectors.length,
  );
}
