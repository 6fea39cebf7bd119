/**
 * A whole sequence is attended in two parts: the earlier tokens look at no later one, so a quarter of all scores is not computed.
 * More parts would save a third at most, and cost a longer graph.
 */
export const timeParts = {
  /** In alphabetical order, which is that of a sum's terms. */
  symbols: ['early', 'late'],
  /** Tokens of each part. */
  sizes: (time: number): readonly number[] => [Math.ceil(time / 2), Math.floor(time / 2)],
} as const;
