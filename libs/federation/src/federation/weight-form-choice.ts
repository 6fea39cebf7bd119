/**
 * What `weights: "auto"` comes to: the form that takes the least time per training step among those with which every client
 * found the base model's validation loss and scores to stay near float32's. Decided from recorded measurements alone, so that
 * whoever reads them comes to the same form.
 */
import { z } from 'zod';
import type { EvaluationMetrics, WeightFormMeasurement } from '../results.js';
import { weightForm, type WeightForm } from '../weight-form.js';

/** How far the base model's figures may be from float32's: nats per token, and shares of 1 (ROUGE-L, choice accuracy). */
export const weightFormBounds = { validationLoss: 0.01, score: 0.02 } as const;

/** One form over all clients. Differences are null where some client did not evaluate it: it was not faster there. */
export const weightFormComparison = z
  .strictObject({
    form: weightForm,
    secondsPerStep: z.number().positive().describe("Of a training step, the sum over the clients' trainers."),
    lossDifference: z
      .number()
      .min(0)
      .nullable()
      .describe(
        "The largest difference of a client's validation loss from float32's; null where some did not evaluate.",
      ),
    scoreDifference: z
      .number()
      .min(0)
      .nullable()
      .describe("The largest difference of a client's ROUGE-L or choice accuracy from float32's; null likewise."),
  })
  .meta({ title: 'WeightFormComparison' });
export type WeightFormComparison = z.infer<typeof weightFormComparison>;

/** `measurements` are each client's, in the clients' order. Forms that not every client measured are left out. */
export function compareWeightForms(
  measurements: readonly (readonly WeightFormMeasurement[])[],
): WeightFormComparison[] {
  return weightForm.options.flatMap((form) => {
    const pairs = measurements.flatMap((ofClient) => {
      const [measured, exact] = [find(ofClient, form), find(ofClient, 'float32')];
      return measured && exact ? [{ measured, exact }] : [];
    });
    if (pairs.length < measurements.length) return [];
    const differences = pairs.map(({ measured, exact }) => differencesOf(measured.metrics, exact.metrics));
    return [
      {
        form,
        secondsPerStep: pairs.reduce((sum, { measured }) => sum + measured.secondsPerStep, 0),
        lossDifference: largest(differences.map((difference) => difference?.loss ?? null)),
        scoreDifference: largest(differences.map((difference) => difference?.score ?? null)),
      },
    ];
  });
}

/** Float32 is near itself, so there always is one. */
export function fastestNearFloat32(comparisons: readonly WeightFormComparison[]): WeightForm {
  const near = comparisons.filter(
    ({ lossDifference, scoreDifference }) =>
      lossDifference !== null &&
      scoreDifference !== null &&
      lossDifference <= weightFormBounds.validationLoss &&
      scoreDifference <= weightFormBounds.score,
  );
  const [first, ...others] = near;
  if (first === undefined) throw new Error('no client measured float32');
  return others.reduce((best, other) => (other.secondsPerStep < best.secondsPerStep ? other : best), first).form;
}

const find = (measurements: readonly WeightFormMeasurement[], form: WeightForm): WeightFormMeasurement | undefined =>
  measurements.find((measurement) => measurement.form === form);

function differencesOf(
  measured: EvaluationMetrics | null,
  exact: EvaluationMetrics | null,
): { loss: number; score: number } | null {
  if (measured === null || exact === null) return null;
  const scores = (['rougeL', 'choiceAccuracy'] as const).map((score) =>
    Math.abs((measured[score] ?? 0) - (exact[score] ?? 0)),
  );
  return { loss: Math.abs(measured.validationLoss - exact.validationLoss), score: Math.max(...scores) };
}

/** Null where one of them is. */
const largest = (differences: readonly (number | null)[]): number | null =>
  differences.reduce(
    (most, difference) => (most === null || difference === null ? null : Math.max(most, difference)),
    0,
  );
