import { describe, expect, it } from '@jest/globals';
import { InferenceSession } from 'onnxruntime-node';
import { add, cast, matmul, reshape } from '../operations.js';
import { Graph } from '../tensor.js';
import { emitGraph } from './emitter.js';
import { operatorModels } from './operator-models.js';

const graph = new Graph('float32');
const x = graph.input('x', ['rows', 4]);
const weight = graph.weight('w', [4, 4], 'bfloat16', { kind: 'file', file: 'absent', offset: 0, length: 32 });
const product = matmul(add(add(x, x), graph.constant([1], [1])), cast(weight, 'float32'));
const models = operatorModels(
  emitGraph({ graph, outputs: { y: reshape(product, [2, '2*rows']), z: cast(x, 'int64') } }, 'cpu'),
);

describe('the models of single operators', () => {
  it('are one for every operator with its types, without what follows from constants', () => {
    expect(models.map(({ operator, nodes }) => [operator, nodes])).toEqual([
      ['Add(float32, float32) -> float32', 2],
      ['Gemm(float32, float32) -> float32', 1],
      ['Reshape(float32, int64) -> float32', 1],
      ['Cast(float32) -> int64', 1],
      ['Identity(float32) -> float32', 1],
      ['Identity(int64) -> int64', 1],
    ]);
  });

  it('are models that a session is made of, without the files of their weights', async () => {
    for (const { model } of models) {
      const session = await InferenceSession.create(model);
      expect(session.outputNames).toHaveLength(1);
      await session.release();
    }
  });
});
