import { describe, expect, it } from '@jest/globals';
import { Graph } from '../tensor.js';
import { add, cast, matmul, reshape } from '../operations.js';
import { bindSymbols, dimensionInput, shapeInputName, sizeInputName } from './dimension-inputs.js';
import { emitGraph } from './emitter.js';

describe('the symbols of a run', () => {
  const x = { name: 'x', declared: ['batch', 'time', 8], actual: [3, 5, 8] };
  const mask = { name: 'mask', declared: ['batch*time', '(past+time)'], actual: [15, 9] };
  const cache = { name: 'cache', declared: ['batch', 'past'], actual: [3, 4] };

  it('follow from the shapes of its inputs', () => {
    expect(bindSymbols([mask, x, cache])).toEqual(new Map(Object.entries({ batch: 3, time: 5, past: 4 })));
  });

  it('are refused where shapes disagree, by the input and both shapes', () => {
    const wrong = { ...cache, actual: [3, 5] };
    expect(() => bindSymbols([x, wrong, mask])).toThrow(
      'mask is [15, 9]; its shape [batch*time, (past+time)] is [15, 10]',
    );
    expect(() => bindSymbols([{ ...x, actual: [3, 5, 9] }])).toThrow(
      'x is [3, 5, 9]; its shape [batch, time, 8] is [3, 5, 8]',
    );
    expect(() => bindSymbols([{ ...x, actual: [3, 5] }])).toThrow('x is [3, 5]; its shape [batch, time, 8] is');
  });

  it('give the values of inputs that hold dimensions, by name', () => {
    const symbols = bindSymbols([x, cache]);
    const shape = shapeInputName(['batch*time', 2, '(past+time)', '2*batch', '(2*batch+past+1)']);
    expect(dimensionInput(shape, symbols)).toEqual({ kind: 'shape', values: [15, 2, 9, 6, 11] });
    expect(dimensionInput(sizeInputName('(past+time)'), symbols)).toEqual({ kind: 'size', value: 9 });
    expect(dimensionInput('x', symbols)).toBeNull();
    expect(() => dimensionInput(sizeInputName('held'), symbols)).toThrow('dimension held is in no shape that is fed');
  });
});

describe('a graph', () => {
  it('computes no shapes: the vectors that it reads are inputs', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', ['batch', 'time', 8]);
    const y = reshape(x, ['time', 'batch', 8]);
    const { inputs, nodes } = emitGraph({ graph, outputs: { y } }, 'cpu');
    expect(inputs.map(({ name }) => name)).toEqual(['x', shapeInputName(['time', 'batch', 8])]);
    expect(nodes.map(({ operator }) => operator)).toEqual(['Reshape', 'Identity']);
  });

  it('refuses a dimension that no input has', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', [8]);
    const [size] = graph.apply('dimensionSize', [x], { dimension: 'held' });
    expect(() => emitGraph({ graph, outputs: { y: add(x, size as typeof x) } }, 'cpu')).toThrow(
      'dimension held is not a dimension of any input',
    );
  });

  it('holds no operator in its fused form that the provider lacks', () => {
    const graph = new Graph('float32');
    const x = graph.input('x', ['rows', 2, 3]);
    const outputs = { y: cast(matmul(x, x, { transposeB: true, alpha: 0.5 }), 'float32') };
    const operators = (provider: 'cpu' | 'webgpu'): string[] =>
      emitGraph({ graph, outputs }, provider).nodes.map(({ operator }) => operator);
    expect(operators('cpu')).toEqual(['FusedMatMul', 'Identity']);
    expect(operators('webgpu')).toEqual(['Transpose', 'MatMul', 'Mul', 'Identity']);
  });
});
