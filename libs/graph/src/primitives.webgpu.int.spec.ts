import { describe, expect, it } from '@jest/globals';
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { emitModel } from './onnx/emitter.js';
import { primitiveCases, type PrimitiveCase } from './primitive-cases.js';
import type { PrimitiveName } from './primitives.js';
import { Graph } from './tensor.js';

/** Casts are of the model's files, once, on the CPU. */
const names = (Object.keys(primitiveCases) as PrimitiveName[]).filter((primitive) => primitive !== 'cast');
/** A software device compiles a shader in about a second. */
const PATIENCE = 120_000;

function build<P extends PrimitiveName>(primitive: P, example: PrimitiveCase<P>) {
  const graph = new Graph('float32');
  const feeds: Record<string, OrtTensor> = {};
  const inputs = example.inputs.map(({ shape, indicesBelow, positive }, input) => {
    const size = shape.reduce((product, dimension) => product * dimension, 1);
    const values = Array.from({ length: size }, (_, index) => Math.sin(7 * input + 1.3 * index));
    const name = `x${input}`;
    if (indicesBelow !== undefined) {
      const indices = values.map((value) => BigInt(Math.floor(((value + 1) / 2) * indicesBelow)));
      feeds[name] = new OrtTensor('int64', BigInt64Array.from(indices), shape);
      return graph.input(name, shape, { dataType: 'int64' });
    }
    const reals = positive === true ? values.map((value) => 1 + Math.abs(value)) : values;
    feeds[name] = new OrtTensor('float32', Float32Array.from(reals), shape);
    return graph.input(name, shape);
  });
  const outputs = graph.apply(primitive, inputs, example.parameters);
  return { graph, feeds, outputs: Object.fromEntries(outputs.map((output, index) => [`y${index}`, output])) };
}

async function results(session: InferenceSession, feeds: Readonly<Record<string, OrtTensor>>) {
  const used = Object.fromEntries(session.inputNames.map((name) => [name, feeds[name] as OrtTensor]));
  const outputs = await session.run(used);
  await session.release();
  return Object.entries(outputs).map(([name, { data }]) => [name, Array.from(data as Float32Array)] as const);
}

/** What WebGPU has no kernel for is not moved to the CPU, but refused. */
function webgpuSession(model: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(model, {
    executionProviders: ['webgpu'],
    logSeverityLevel: 4,
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
}

/** Null where there is a WebGPU device, of hardware or the software one that VK_DRIVER_FILES names; else why there is none. */
async function webgpuProblem(): Promise<string | null> {
  const graph = new Graph('float32');
  try {
    await (await webgpuSession(emitModel(graph, { y: graph.input('x', [1]) }))).release();
    return null;
  } catch (error) {
    return String(error);
  }
}

const problem = await webgpuProblem();
const suite = problem === null || process.env['CI'] === 'true' ? describe : describe.skip;
suite(problem === null ? 'on WebGPU' : `on WebGPU (skipped: ${problem})`, () => {
  it.each(names)(
    '%s computes what it computes on the CPU',
    async (primitive) => {
      for (const example of primitiveCases[primitive] as readonly PrimitiveCase<PrimitiveName>[]) {
        const { graph, outputs, feeds } = build(primitive, example);
        const expected = await results(await InferenceSession.create(emitModel(graph, outputs)), feeds);
        const actual = await results(await webgpuSession(emitModel(graph, outputs, 'webgpu')), feeds);
        expect(actual.map(([name]) => name)).toEqual(expected.map(([name]) => name));
        for (const [index, [, values]] of actual.entries()) {
          values.forEach((value, element) => expect(value).toBeCloseTo(expected[index]?.[1][element] as number, 5));
        }
      }
    },
    PATIENCE,
  );
});
