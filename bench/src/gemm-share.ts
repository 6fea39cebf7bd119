/**
 * How much of ONNX Runtime's own rate a training step reaches: the products with frozen weights that a step emits, over the time
 * of the whole step, against the same products alone.
 */
import { join } from 'node:path';
import { readModel, type Model, type WeightLocation } from '@fedamole/base-models';
import { emitModel, gatherRows, Graph, matmul, type Tensor } from '@fedamole/graph';
import type { Sequence } from '@fedamole/training';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { lora } from './adapters.js';
import type { Benchmark } from './benchmark.js';
import { race, type Contender } from './contender.js';
import { state } from './folders.js';
import { exactForm, ourForms } from './our-forms.js';
import { llama110M, writeRandomLlama } from './random-llama.js';
import { randomExamples } from './task-examples.js';
import { trainingSteps } from './training-steps.js';

const TOKENS = 512;
const STEPS = 3;

export const gemmShare: Benchmark = {
  name: 'gemm-share',
  summary:
    "frozen weights' products of a LoRA step of 512 tokens, 110 M parameters; rival: ONNX Runtime, the same products alone",
  run: async (context) => {
    const { options, say } = context;
    const model = await readModel(await writeRandomLlama(join(state, 'llama-110m'), llama110M));
    const examples = randomExamples(STEPS, TOKENS, model.decoder.vocabularySize);
    const products = frozenProducts(model, TOKENS - 1);
    const operations = products.reduce((sum, { rows, weight: { shape } }) => sum + 2 * rows * size(shape), 0);
    say(`${products.length} products a step, ${(operations / 1e9).toFixed(0)} GFLOP`);
    const rate = (seconds: number): number => operations / seconds / 1e9;
    return race(
      {
        unit: 'GFLOP/s',
        better: 'higher',
        ours: ourForms(
          context,
          () => Promise.resolve(wholeSteps(model, examples, { threads: options.threads }, rate)),
          { of: exactForm },
        ),
        rivals: [
          {
            name: 'ONNX Runtime float32, products alone',
            open: () => productsAlone(model, products, options.threads, rate),
          },
        ],
        turns: options.turns,
      },
      say,
    );
  },
};

function wholeSteps(
  model: Model,
  examples: readonly Sequence[],
  settings: Parameters<typeof trainingSteps>[3],
  rate: (seconds: number) => number,
): Contender {
  const steps = trainingSteps(model, lora, examples, settings);
  return { measure: async () => rate(TOKENS / (await steps.measure())), close: () => steps.close() };
}

interface FrozenProduct {
  readonly name: string;
  readonly weight: WeightLocation;
  readonly rows: number;
  /** x W^T in the forward pass, dy W in the backward pass. */
  readonly direction: 'forward' | 'backward';
}

/**
 * The products of one step: each matrix once forward, and once backward where something trained lies before it, which is not so
 * for what reads the first layer's normalised embeddings. The output layer sees the `targets` positions alone.
 */
function frozenProducts(model: Model, targets: number): FrozenProduct[] {
  const readsEmbeddings = /^model\.layers\.0\.self_attn\.[qkv]_proj\.weight$/;
  return [...model.weights]
    .filter(([, { shape }]) => shape.length === 2)
    .flatMap(([name, weight]): FrozenProduct[] => {
      const rows = name === 'model.embed_tokens.weight' ? targets : TOKENS;
      const forward = { name, weight, rows, direction: 'forward' } as const;
      return readsEmbeddings.test(name) ? [forward] : [forward, { ...forward, direction: 'backward' }];
    });
}

/** A graph of nothing but these products; of each only the first row is an output, so that none is copied. */
async function productsAlone(
  model: Model,
  products: readonly FrozenProduct[],
  threads: number,
  rate: (seconds: number) => number,
): Promise<Contender> {
  const graph = new Graph('float32');
  const first = graph.integers([0]);
  const weights = new Map<string, Tensor>();
  const inputs = new Map<string, Tensor>();
  const feeds: Record<string, RuntimeTensor> = {};
  const outputs: Record<string, Tensor> = {};
  for (const [index, { name, weight, rows, direction }] of products.entries()) {
    const { shape, dataType, file, offset, length } = weight;
    const w = weights.get(name) ?? graph.weight(name, shape, dataType, { kind: 'file', file, offset, length });
    weights.set(name, w);
    const width = shape[direction === 'forward' ? 1 : 0] as number;
    const input = `x_${rows}_${width}`;
    const x = inputs.get(input) ?? graph.input(input, [rows, width]);
    inputs.set(input, x);
    feeds[input] ??= new RuntimeTensor('float32', new Float32Array(rows * width).fill(0.5), [rows, width]);
    outputs[`y_${index}`] = gatherRows(matmul(x, w, { transposeB: direction === 'forward' }), first);
  }
  const session = await InferenceSession.create(emitModel(graph, outputs), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: model.weightsFolder } },
  });
  return {
    measure: async () => {
      const started = performance.now();
      for (let step = 0; step < STEPS; step += 1) await session.run(feeds);
      return rate((performance.now() - started) / 1000 / STEPS);
    },
    close: () => session.release(),
  };
}

const size = (shape: readonly number[]): number => shape.reduce((product, dimension) => product * dimension, 1);
