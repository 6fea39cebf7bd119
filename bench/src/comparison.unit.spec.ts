import { describe, expect, it } from '@jest/globals';
import { resultLine } from './comparison.js';

describe('the result line', () => {
  it('names both sides with unit and form, and the ratio of ours to the rival', () => {
    const comparison = {
      unit: 'tokens/s',
      ours: { value: 811.6, form: 'float32' },
      rival: { value: 300.2, form: 'PyTorch bfloat16, eager' },
    };
    expect(resultLine('mole-step', comparison)).toBe(
      'mole-step: ours 812 tokens/s (float32), rival 300 tokens/s (PyTorch bfloat16, eager), ratio 2.7',
    );
  });

  it('gives three significant digits of small figures, without an exponent', () => {
    const comparison = { unit: 's', ours: { value: 0.023456, form: 'a' }, rival: { value: 12.345, form: 'b' } };
    expect(resultLine('session', comparison)).toBe('session: ours 0.0235 s (a), rival 12.3 s (b), ratio 0.0019');
  });
});
