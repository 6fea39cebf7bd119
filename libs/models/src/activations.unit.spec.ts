import { describe, expect, it } from '@jest/globals';
import { Graph } from '@fedamole/graph';
import { readActivation } from './activations.js';
import { ConfigurationFields } from './configuration-fields.js';

const read = (hidden_act?: string) => readActivation(ConfigurationFields.of({ hidden_act }), 'hidden_act', 'silu');
/** The primitives that an activation is made of. */
function primitives(name?: string): string[] {
  const graph = new Graph('float32');
  read(name)(graph.input('x', ['tokens', 4]));
  return graph.applications.map(({ primitive }) => primitive);
}

describe('an activation', () => {
  it('is found by its name, and is the family’s own where none is said', () => {
    expect(primitives('relu')).toEqual(['relu']);
    expect(primitives('swish')).toEqual(['silu']);
    expect(primitives()).toEqual(['silu']);
    expect(primitives('linear')).toEqual([]);
  });

  it('is the exact gelu or its approximation, as the name says', () => {
    expect(primitives('gelu')).toContain('erf');
    for (const name of ['gelu_new', 'gelu_fast', 'gelu_accurate', 'gelu_pytorch_tanh', 'gelu_python_tanh'])
      expect(primitives(name)).toContain('tanh');
  });

  it('of another name is refused with those that there are', () => {
    expect(() => read('prelu')).toThrow('hidden_act is "prelu"; expected "gelu" or "gelu_accurate"');
  });
});
