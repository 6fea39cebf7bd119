import { describe, expect, it } from '@jest/globals';
import type { WeightForm } from '@fedamole/federation';
import type { Device } from '@fedamole/training';
import { measureWeightForms } from './measure-weight-forms.js';

const metrics = { validationLoss: 2, perplexity: 7, testLoss: 2, rougeL: 0.5, choiceAccuracy: null };

/** What comes of it where int8 takes so many times as long as float32, and which forms were evaluated for it. */
async function measured(device: Device, int8: number) {
  const evaluated: WeightForm[] = [];
  const measurements = await measureWeightForms(metrics, {
    device,
    secondsPerStep: async (form) => (form === 'float32' ? 2 : 2 * int8),
    evaluate: async (form) => {
      evaluated.push(form);
      return { ...metrics, validationLoss: 2.25 };
    },
  });
  return { measurements, evaluated };
}
const float32 = { form: 'float32', secondsPerStep: 2, metrics };

describe('forms of weights that are measured', () => {
  it('are evaluated where they take at most 95 % of the time', async () => {
    const { measurements, evaluated } = await measured('cpu', 0.95);
    const int8 = { form: 'int8', secondsPerStep: 1.9, metrics: { ...metrics, validationLoss: 2.25 } };
    expect(measurements).toEqual([float32, int8]);
    expect(evaluated).toEqual(['int8']);
    const slower = await measured('cpu', 0.96);
    expect(slower.measurements).toEqual([float32, { form: 'int8', secondsPerStep: 1.92, metrics: null }]);
    expect(slower.evaluated).toEqual([]);
  });

  it('are float32 alone on devices without integer products', async () => {
    expect(await measured('webgpu', 0.5)).toEqual({ measurements: [float32], evaluated: [] });
  });
});
