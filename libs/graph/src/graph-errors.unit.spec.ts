import { describe, expect, it } from '@jest/globals';
import { gradientsOf } from './differentiate.js';
import { addDimensions } from './dimension.js';
import { add, concat, matmul, reshape, rmsNormalize, split, sum, transpose } from './operations.js';
import { Graph, type Tensor } from './tensor.js';

const graph = new Graph('float32');
const x = graph.input('x', ['rows', 4], { differentiable: true });
const indices = graph.input('indices', ['rows', 4], { dataType: 'int64' });

describe('a graph refuses, where it is written,', () => {
  const refusals: readonly [what: string, apply: () => unknown, message: string][] = [
    ['a sum over an axis that is not there', () => sum(x, [-1]), 'Sum: [rows, 4] has no axis -1'],
    ['tensors joined along such an axis', () => concat([x, x], 2), 'Concat: [rows, 4] has no axis 2'],
    ['a split of nothing', () => split(x, 1, []), 'Split: sizes add up to 0, axis 1 has 4'],
    ['a permutation of other axes', () => transpose(x, [0, 2]), 'Transpose: [rows, 4] has no axis 2'],
    ['a product of two types', () => matmul(x, indices, { transposeB: true }), 'types float32 and int64 differ'],
    ['joined tensors of two types', () => concat([x, indices], 0), 'Concat: types float32 and int64 differ'],
    [
      'a tensor of another graph',
      () => add(x, new Graph('float32').input('y', ['rows', 4])),
      'add: y belongs to another graph',
    ],
    [
      'a weight of another size',
      () => graph.weight('w', [2, 3], 'bfloat16', { kind: 'file', file: 'w', offset: 0, length: 24 }),
      'weight w has 24 bytes; [2, 3] of bfloat16 takes 12',
    ],
    ['a loss of many elements', () => gradientsOf(x, [x]), 'a loss has shape [1], not [rows, 4]'],
    [
      'a sum of dimensions that has no one name',
      () => addDimensions('(early+late)*batch', 'past'),
      'a product of sums is no term of a sum',
    ],
  ];
  it.each(refusals)('%s', (_what, apply, message) => {
    expect(apply).toThrow(message);
  });

  it('a loss whose gradient would need what nobody has written', () => {
    const inverse = (): Tensor => {
      rmsNormalize(x, graph.constant([1, 1, 1, 1], [4]), 1e-6);
      return graph.applications.at(-1)?.outputs[1] as Tensor;
    };
    const loss = reshape(sum(inverse(), [0, 1]), [1]);
    expect(() => gradientsOf(loss, [x])).toThrow('RmsNormalize: only its first output has a gradient');
  });
});
