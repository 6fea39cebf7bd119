import { describe, expect, it } from '@jest/globals';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { ComputeType } from './data-type.js';
import { gradientsOf } from './differentiate.js';
import { elementCount } from './dimension.js';
import { gradientRules } from './gradients.js';
import { emitModel } from './onnx/emitter.js';
import type { ExecutionProvider } from './onnx/kernels.js';
import { add, multiply, reshape, sum } from './operations.js';
import { primitiveCases, type PrimitiveCase } from './primitive-cases.js';
import type { PrimitiveName } from './primitives.js';
import { Graph, type Tensor } from './tensor.js';

/** A repeatable sequence of reals in (-1, 1). */
function sequence(): () => number {
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

interface Feed {
  readonly tensor: Tensor;
  readonly values: number[];
}

interface Built {
  readonly feeds: Feed[];
  readonly outputs: Tensor[];
  readonly graph: Graph;
}

function build<P extends PrimitiveName>(primitive: P, example: PrimitiveCase<P>, computeType: ComputeType): Built {
  const graph = new Graph(computeType);
  const next = sequence();
  const feeds = example.inputs.map(({ shape, indicesBelow, positive, frozen }, index) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const value = (): number => {
      if (indicesBelow !== undefined) return Math.floor(((next() + 1) / 2) * indicesBelow);
      return positive === true ? 1 + Math.abs(next()) : next();
    };
    const values = Array.from({ length: size }, value);
    const dataType = indicesBelow === undefined ? computeType : 'int64';
    return { tensor: graph.input(`x${index}`, shape, { dataType, differentiable: frozen !== true }), values };
  });
  const outputs = graph.apply(
    primitive,
    feeds.map(({ tensor }) => tensor),
    example.parameters,
  );
  return { feeds, outputs, graph };
}

/** The outputs' elements, each times a fixed weight, summed to one number. */
function weighted({ graph, outputs }: Built, chosen: readonly number[]): Tensor {
  const next = sequence();
  const terms = chosen.map((index) => {
    const output = outputs[index] as Tensor;
    const size = elementCount(output.shape) as number;
    const weights = graph.constant(
      Array.from({ length: size }, () => next() * 2),
      [size],
    );
    return sum(multiply(reshape(output, [size]), weights), [0]);
  });
  return terms.reduce(add);
}

function ortTensor({ tensor, values }: Feed): OrtTensor {
  const shape = tensor.shape as readonly number[];
  if (tensor.dataType === 'int64') return new OrtTensor('int64', BigInt64Array.from(values, BigInt), shape);
  if (tensor.dataType === 'float64') return new OrtTensor('float64', Float64Array.from(values), shape);
  return new OrtTensor('float32', Float32Array.from(values), shape);
}

async function runner(graph: Graph, outputs: Record<string, Tensor>, provider: ExecutionProvider = 'cpu') {
  const model = emitModel(graph, outputs, provider);
  const session = await InferenceSession.create(model, { graphOptimizationLevel: 'disabled' });
  return async (feeds: readonly Feed[]): Promise<Record<string, number[]>> => {
    const used = feeds.filter(({ tensor }) => session.inputNames.includes(tensor.name));
    const results = await session.run(Object.fromEntries(used.map((feed) => [feed.tensor.name, ortTensor(feed)])));
    return Object.fromEntries(
      Object.entries(results).map(([name, value]) => [name, Array.from(value.data as Float64Array, Number)]),
    );
  };
}

const names = (Object.keys(primitiveCases) as PrimitiveName[]).filter((name) => primitiveCases[name].length > 0);

describe.each(names)('%s', (primitive) => {
  const cases = primitiveCases[primitive] as readonly PrimitiveCase<PrimitiveName>[];

  it.each(cases.map((example) => [example.title, example] as const))(
    'computes the same in float32 as in float64, in the operators of every provider: %s',
    async (_, example) => {
      const resultsOf = async (computeType: ComputeType, provider: ExecutionProvider) => {
        const { graph, outputs, feeds } = build(primitive, example, computeType);
        const named = Object.fromEntries(outputs.map((output, index) => [`y${index}`, output]));
        return (await runner(graph, named, provider))(feeds);
      };
      const double = await resultsOf('float64', 'cpu');
      for (const provider of ['cpu', 'webgpu'] as const) {
        const single = await resultsOf('float32', provider);
        expect(Object.keys(single)).toEqual(Object.keys(double));
        for (const [name, values] of Object.entries(single)) {
          values.forEach((value, index) => expect(value).toBeCloseTo(double[name]?.[index] as number, 5));
        }
      }
    },
  );

  if (typeof gradientRules[primitive] === 'string') {
    it('passes no gradient', () => {
      for (const example of cases) expect(example.inputs.every(({ frozen }) => frozen)).toBe(true);
    });
    return;
  }

  it.each(cases.map((example) => [example.title, example] as const))(
    'has the gradient of finite differences for every input: %s',
    async (_, example) => {
      const built = build(primitive, example, 'float64');
      const loss = weighted(built, example.differentiableOutputs ?? built.outputs.map((_output, index) => index));
      const differentiable = built.feeds.filter(({ tensor }) => tensor.differentiable);
      expect(differentiable.length).toBeGreaterThan(0);
      const gradients = gradientsOf(
        loss,
        differentiable.map(({ tensor }) => tensor),
      );
      const named = Object.fromEntries(gradients.map((gradient, index) => [`g${index}`, gradient]));
      const run = await runner(built.graph, { loss, ...named });
      const analytic = await run(built.feeds);
      const step = 1e-5;
      for (const [which, feed] of differentiable.entries()) {
        for (const [element, original] of feed.values.entries()) {
          const lossAt = async (value: number): Promise<number> => {
            feed.values[element] = value;
            return (await run(built.feeds))['loss']?.[0] as number;
          };
          const slope = ((await lossAt(original + step)) - (await lossAt(original - step))) / (2 * step);
          feed.values[element] = original;
          expect(analytic[`g${which}`]?.[element]).toBeCloseTo(slope, 7);
        }
      }
    },
  );
});
