/** Training steps of MoLE on real task examples of varying length, one example a batch. */
import { join } from 'node:path';
import { mole } from './adapters.js';
import type { Benchmark } from './benchmark.js';
import { quickstart, state } from './folders.js';
import { llama110M, writeRandomLlama } from './random-llama.js';
import { stepBenchmark } from './step-benchmark.js';
import { taskExamples } from './task-examples.js';

const models = {
  '': { title: '110 M parameters', folder: () => writeRandomLlama(join(state, 'llama-110m'), llama110M), examples: 8 },
  '-small': {
    title: "the quickstart's model of 5.5 M",
    folder: () => Promise.resolve(join(quickstart, 'model')),
    examples: 48,
  },
} as const;

const rivals = {
  '': { title: "PyTorch, a loop over experts as in the paper's code", script: 'paper_mole.py' },
  '-dense': { title: 'PyTorch, all experts in dense products', script: 'dense_mole.py' },
} as const;

/** `mole-step`, `mole-step-small`, `mole-step-dense` and `mole-step-small-dense`. */
export const moleSteps: readonly Benchmark[] = Object.entries(rivals).flatMap(([rivalSuffix, rival]) =>
  Object.entries(models).map(([modelSuffix, { title, folder, examples }]) =>
    stepBenchmark({
      name: `mole-step${modelSuffix}${rivalSuffix}`,
      summary: `training steps of MoLE, ${title}, real examples one by one; rival: ${rival.title}`,
      adapter: mole,
      modelFolder: folder,
      examples: ({ decoder }, { options }) => taskExamples(options.data, examples, Math.min(512, decoder.maxPositions)),
      rivalScript: rival.script,
    }),
  ),
);
