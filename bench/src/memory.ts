/** Peaks of memory: whole processes that take five training steps of 512 tokens. */
import { join } from 'node:path';
import { readModel } from '@fedamole/base-models';
import { lora } from './adapters.js';
import { BenchmarkError } from './benchmark-error.js';
import type { Benchmark } from './benchmark.js';
import { race } from './contender.js';
import { state } from './folders.js';
import { trainInFreshProcess } from './fresh-process.js';
import { ourForms, smallForms } from './our-forms.js';
import { rivalPython } from './python.js';
import { llama110M, writeRandomLlama } from './random-llama.js';
import { rivalSettings } from './step-benchmark.js';
import { randomExamples } from './task-examples.js';
import { torchRivalForms } from './torch-forms.js';

const STEPS = 5;

export const memory: Benchmark = {
  name: 'memory',
  summary: 'peak memory of a process that takes 5 LoRA steps of 512 tokens, 110 M parameters; rival: PyTorch + PEFT',
  run: async (context) => {
    const { options, say } = context;
    const python = rivalPython(say);
    const model = await readModel(await writeRandomLlama(join(state, 'llama-110m'), llama110M));
    const examples = randomExamples(STEPS, 512, model.decoder.vocabularySize);
    const run = { model: model.folder, adapter: lora, examples, threads: options.threads };
    return race(
      {
        unit: 'MB',
        better: 'lower',
        ours: ourForms(
          context,
          async (form) => ({
            measure: async () => megabytes((await trainInFreshProcess({ ...run, form })).peakBytes),
            close: () => Promise.resolve(),
          }),
          { of: smallForms, startsAnew: true },
        ),
        rivals: torchRivalForms(
          {
            python,
            script: 'peft_lora.py',
            settings: rivalSettings(model.folder, examples),
            figure: ({ peakBytes }) => megabytes(peakBytes),
            freshProcess: true,
          },
          context,
        ),
        turns: options.turns,
      },
      say,
    );
  },
};

function megabytes(bytes: number): number {
  if (bytes === 0) throw new BenchmarkError('this system does not say how much memory a process held (VmHWM)');
  return bytes / 1e6;
}
