import { describeOrigin, type Origin } from './diagnosis.js';

/** What is known of a step that gave a number that is not finite. */
export interface Divergence {
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** What is not finite, such as "the loss is NaN". */
  readonly symptom: string;
  /** The names of the examples that the step was taken on. */
  readonly examples: readonly string[];
  /** Where it first arose; null where that was not looked for, or not found when the step was taken again. */
  readonly origin: Origin | null;
}

/** Thrown where a step's loss or gradient, the validation loss or a trained parameter is not a finite number. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError';

  constructor(readonly divergence: Divergence) {
    const { step, steps, symptom, examples, origin } = divergence;
    const parts = [
      symptom,
      ...(origin === null ? [] : [`it first arose in ${describeOrigin(origin)}`]),
      ...(examples.length === 0 ? [] : [`the step's examples are ${examples.join(', ')}`]),
    ];
    super(`step ${step} of ${steps}: ${parts.join('; ')}`);
  }
}
