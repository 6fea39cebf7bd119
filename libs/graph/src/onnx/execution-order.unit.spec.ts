import { describe, expect, it } from '@jest/globals';
import { add, Graph, multiply, scale } from '../index.js';
import { emitGraph } from './emitter.js';
import { byOutputs } from './execution-order.js';

describe('the order of nodes', () => {
  it('ends with what gives the first output, and keeps what others depend on in its place', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', [2]);
    const first = scale(x, 2);
    const shared = multiply(first, first);
    const second = add(shared, x);
    const emitted = emitGraph({ graph, outputs: { first: add(first, x), shared, second } }, 'cpu');
    const order = byOutputs(emitted).map(({ operator, outputs }) => `${operator} ${outputs.join()}`);
    expect(order).toHaveLength(emitted.nodes.length);
    expect(order.slice(-5).map((node) => node.split(' ')[0])).toEqual([
      'Add',
      'Identity',
      'Identity',
      'Add',
      'Identity',
    ]);
    expect(order.slice(-5).filter((node) => node.startsWith('Identity'))).toEqual([
      'Identity second',
      'Identity shared',
      'Identity first',
    ]);
  });
});
