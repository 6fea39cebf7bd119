/** Measures the forms of frozen weights that "auto" chooses from. */
import type { EvaluationMetrics, WeightForm, WeightFormMeasurement } from '@fedamole/federation';
import type { Device } from '@fedamole/training';

/**
 * What may be faster than float32 on a device. bfloat16 is widened at every use, and products of 4 bits are computed at
 * float32's rate: these two are for memory. Only the CPU has integer products.
 */
const candidatesOn = (device: Device): readonly WeightForm[] => (device === 'cpu' ? ['int8'] : []);

/** A form is evaluated where its steps take at most this share of float32's time. */
const WORTH_EVALUATING = 0.95;

export interface FormMeasures {
  readonly device: Device;
  readonly secondsPerStep: (form: WeightForm) => Promise<number>;
  readonly evaluate: (form: WeightForm) => Promise<EvaluationMetrics>;
}

/** Speed first: what is not faster is not evaluated. `exact` is what was measured in float32. */
export async function measureWeightForms(
  exact: EvaluationMetrics,
  { device, secondsPerStep, evaluate }: FormMeasures,
): Promise<WeightFormMeasurement[]> {
  const float32 = await secondsPerStep('float32');
  const measurements: WeightFormMeasurement[] = [{ form: 'float32', secondsPerStep: float32, metrics: exact }];
  for (const form of candidatesOn(device)) {
    const seconds = await secondsPerStep(form);
    const metrics = seconds <= WORTH_EVALUATING * float32 ? await evaluate(form) : null;
    measurements.push({ form, secondsPerStep: seconds, metrics });
  }
  return measurements;
}
