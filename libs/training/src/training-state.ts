/**
 * Where a local training is after an optimiser step: all that the steps to come depend on, beside settings, examples and
 * seeds. Which batch and which dropout masks come next follows from the step alone.
 */
import type { Parameters } from '@fedamole/mole';
import type { Moments } from './adam.js';
import type { EarlyStoppingState } from './early-stopping.js';

export interface TrainingState {
  /** Steps that were taken; an evaluation that is due after the last of them was not made yet. */
  readonly step: number;
  /** Sums over these steps. */
  readonly totals: { readonly loss: number; readonly balance: number; readonly tokens: number };
  readonly parameters: ReadonlyMap<string, Float32Array>;
  /** Adam's, by the parameters' names. */
  readonly moments: ReadonlyMap<string, Moments>;
  /** Null where training does not stop early. */
  readonly earlyStopping: EarlyStoppingState | null;
}

/** Views on the parameters' own memory. */
export const valuesOf = (parameters: Parameters): Map<string, Float32Array> =>
  new Map([...parameters].map(([name, { values }]) => [name, values]));

/** Puts values into parameters. Throws where one is missing or of another length. */
export function putValues(parameters: Parameters, values: ReadonlyMap<string, Float32Array>): void {
  for (const [name, parameter] of parameters) {
    const given = values.get(name);
    if (given?.length !== parameter.values.length) {
      throw new Error(
        `parameter ${name} has ${parameter.values.length} elements, its state ${given?.length ?? 'is missing'}`,
      );
    }
    parameter.values.set(given);
  }
}
