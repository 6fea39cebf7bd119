/** One line of the report: a worst error beside its tolerance. */
export interface Comparison {
  readonly name: string;
  readonly error: number;
  readonly tolerance: number;
}

export const passes = ({ error, tolerance }: Comparison): boolean => error <= tolerance;

/** The comparison with the largest error of several of one kind. */
export function worst(name: string, errors: readonly number[], tolerance: number): Comparison {
  if (errors.length === 0) throw new Error(`${name}: there is nothing to compare`);
  // NaN is the worst error there is, and Math.max keeps it
  return { name, error: Math.max(...errors), tolerance };
}

export function largestDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  for (let index = 0; index < actual.length; index += 1) {
    const difference = Math.abs((actual[index] as number) - (expected[index] as number));
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** The L2 norm of the difference over that of the expected values; absolute where those are all zero. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let difference = 0;
  let norm = 0;
  for (let index = 0; index < actual.length; index += 1) {
    difference += ((actual[index] as number) - (expected[index] as number)) ** 2;
    norm += (expected[index] as number) ** 2;
  }
  return Math.sqrt(norm === 0 ? difference : difference / norm);
}
