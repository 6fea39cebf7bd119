/** From a model's folder to the end of a first, short training step: reading, the graph and its gradients, the session. */
import { join } from 'node:path';
import { readModel } from '@fedamole/base-models';
import { lora } from './adapters.js';
import type { Benchmark } from './benchmark.js';
import { race } from './contender.js';
import { state } from './folders.js';
import { exactForm, ourForms } from './our-forms.js';
import { rivalPython } from './python.js';
import { llama48Layers, writeRandomLlama } from './random-llama.js';
import { rivalSettings } from './step-benchmark.js';
import { randomExamples } from './task-examples.js';
import { torchRivalForms } from './torch-forms.js';
import { trainingSteps } from './training-steps.js';

export const session: Benchmark = {
  name: 'session',
  summary:
    'from the folder of a Llama of 48 layers to the end of a first LoRA step of 16 tokens; rival: PyTorch + PEFT',
  run: async (context) => {
    const { options, say } = context;
    const python = rivalPython(say);
    const folder = await writeRandomLlama(join(state, 'llama-48-layers'), llama48Layers);
    const examples = randomExamples(1, 16, llama48Layers.vocab_size);
    return race(
      {
        unit: 's',
        better: 'lower',
        ours: ourForms(
          context,
          () =>
            Promise.resolve({
              measure: async () => {
                const started = performance.now();
                const steps = trainingSteps(await readModel(folder), lora, examples, { threads: options.threads });
                await steps.measure();
                const seconds = (performance.now() - started) / 1000;
                await steps.close();
                return seconds;
              },
              close: () => Promise.resolve(),
            }),
          { of: exactForm },
        ),
        rivals: torchRivalForms(
          {
            python,
            script: 'peft_session.py',
            settings: rivalSettings(folder, examples),
            figure: ({ seconds }) => seconds,
          },
          context,
        ),
        turns: options.turns,
      },
      say,
    );
  },
};
