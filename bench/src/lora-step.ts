/** Training steps of plain LoRA on 512 tokens, all of them targets. */
import { join } from 'node:path';
import { lora } from './adapters.js';
import { state } from './folders.js';
import { llama110M, writeRandomLlama } from './random-llama.js';
import { stepBenchmark } from './step-benchmark.js';
import { randomExamples } from './task-examples.js';

export const loraStep = stepBenchmark({
  name: 'lora-step',
  summary: 'training steps of plain LoRA, 110 M parameters, 512 tokens; rival: PyTorch + PEFT',
  adapter: lora,
  modelFolder: () => writeRandomLlama(join(state, 'llama-110m'), llama110M),
  examples: ({ decoder }) => Promise.resolve(randomExamples(3, 512, decoder.vocabularySize)),
  rivalScript: 'peft_lora.py',
});
