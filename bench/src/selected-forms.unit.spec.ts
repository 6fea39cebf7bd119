import { describe, expect, it } from '@jest/globals';
import type { Form } from './contender.js';
import { selected } from './selected-forms.js';

const open = (): Promise<never> => Promise.reject(new Error('not opened here'));
const forms: Form[] = [{ name: 'eager', open, variants: [{ name: 'compiled', open }] }];

describe('the forms that are tried', () => {
  it('are all of them, or the one that is named, be it a variant', () => {
    expect(selected(forms, null, '--form')).toEqual(forms);
    expect(selected(forms, 'eager', '--form')).toEqual([{ name: 'eager', open, variants: [] }]);
    expect(selected(forms, 'compiled', '--form')).toEqual([{ name: 'compiled', open, variants: [] }]);
  });

  it('are told where an unknown one is named', () => {
    expect(() => selected(forms, 'int4', '--form')).toThrow('--form is "int4": this machine has "eager", "compiled"');
  });
});
