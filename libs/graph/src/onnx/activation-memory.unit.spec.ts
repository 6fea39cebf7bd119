import { describe, expect, it } from '@jest/globals';
import { peakActivationBytes } from './activation-memory.js';
import type { OnnxGraph, OnnxNode, OnnxValue } from './model.js';

const value = (name: string, ...shape: (number | string)[]): OnnxValue => ({ name, shape, dataType: 'float32' });
const node = (operator: string, inputs: string[], outputs: string[]): OnnxNode => ({
  operator,
  inputs,
  outputs,
  attributes: {},
  domain: '',
});

/** x -> wide -> narrow -> y, each let go once the next is there. */
const chain: OnnxGraph = {
  nodes: [node('A', ['x', 'weight'], ['wide']), node('B', ['wide'], ['narrow']), node('C', ['narrow'], ['y'])],
  initializers: [{ ...value('weight', 1000), data: { kind: 'memory', bytes: new Uint8Array(4000) } }],
  inputs: [value('x', 'tokens')],
  outputs: [value('y', 'tokens')],
  intermediates: [value('wide', '4*tokens'), value('narrow', 2)],
};

const tokens = (count: number): ReadonlyMap<string, number> => new Map([['tokens', count]]);

describe('the peak of activations', () => {
  it('counts what lives at the same time, and no weights', () => {
    // x and wide; then wide and narrow without x
    expect(peakActivationBytes(chain, tokens(10))).toBe(4 * (10 + 40));
    expect(peakActivationBytes(chain, tokens(1))).toBe(4 * (4 + 2));
  });

  it('keeps what a later node still reads', () => {
    const nodes = [...chain.nodes.slice(0, 2), node('C', ['narrow', 'x', 'wide'], ['y'])];
    expect(peakActivationBytes({ ...chain, nodes }, tokens(10))).toBe(4 * (10 + 40 + 2 + 10));
  });

  it('counts a reshaped result once', () => {
    const nodes = [node('A', ['x'], ['wide']), node('Reshape', ['wide'], ['flat']), node('B', ['flat'], ['y'])];
    const intermediates = [value('wide', '4*tokens'), value('flat', 4, 'tokens')];
    expect(peakActivationBytes({ ...chain, nodes, intermediates }, tokens(10))).toBe(4 * (10 + 40));
  });

  it('names a dimension without a value', () => {
    expect(() => peakActivationBytes(chain, new Map())).toThrow('dimension tokens is in no shape that is fed');
  });
});
