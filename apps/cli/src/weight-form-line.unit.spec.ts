import { describe, expect, it } from '@jest/globals';
import type { WeightForm, WeightFormComparison } from '@fedamole/federation';
import type { Federation } from './resources.js';
import { weightFormLine } from './weight-form-line.js';

const float32: WeightFormComparison = { form: 'float32', secondsPerStep: 1.8, lossDifference: 0, scoreDifference: 0 };
const line = (weightForm: WeightForm | null, weightFormsCompared: WeightFormComparison[] | null): string | null =>
  weightFormLine({ weightForm, weightFormsCompared } as Federation);

describe('the line on frozen weights', () => {
  it('says what "auto" came to, how much faster it is, and bounds of the differences', () => {
    const int8: WeightFormComparison = {
      form: 'int8',
      secondsPerStep: 1,
      lossDifference: 0.0021,
      scoreDifference: 0.01,
    };
    expect(line('int8', [float32, int8])).toBe(
      'frozen weights: int8, chosen by auto: 1.8 times as fast, losses within 0.003, scores within 0.010',
    );
  });

  it('says what was found of the others where it came to float32', () => {
    const int8: WeightFormComparison = { form: 'int8', secondsPerStep: 2, lossDifference: null, scoreDifference: null };
    expect(line('float32', [float32, int8])).toBe('frozen weights: float32, chosen by auto: int8 is 0.9 times as fast');
  });

  it('is not there where a form was configured, or none is chosen yet', () => {
    expect(line('int8', null)).toBeNull();
    expect(line(null, null)).toBeNull();
  });
});
