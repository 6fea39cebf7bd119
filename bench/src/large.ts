/**
 * Training steps of a model of 1.2 billion parameters from its memory-mapped bfloat16 file, each side in a process of its own. The
 * file is written by streaming, and deleted afterwards unless it is to be kept.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readModel } from '@fedamole/base-models';
import { lora, mole } from './adapters.js';
import type { Benchmark } from './benchmark.js';
import { race } from './contender.js';
import { state } from './folders.js';
import { trainInFreshProcess } from './fresh-process.js';
import { held, largeForms, ourForms } from './our-forms.js';
import { rivalPython } from './python.js';
import { llama1B, writeRandomLlama } from './random-llama.js';
import { rivalSettings } from './step-benchmark.js';
import { randomExamples } from './task-examples.js';
import { torchRivalForms } from './torch-forms.js';

const STEPS = 2;

/** `large`, plain LoRA on both sides, and `large-mole`, MoLE of ours. */
export const large: readonly Benchmark[] = [lora, mole].map((adapter) => ({
  name: adapter.kind === 'lora' ? 'large' : 'large-mole',
  summary: `${adapter.kind === 'lora' ? 'LoRA' : 'MoLE'} steps of 512 tokens of a Llama of 1.2 billion parameters in bfloat16, and the peak of memory; rival: PyTorch + PEFT (LoRA)`,
  run: async (context) => {
    const { options, say } = context;
    const python = rivalPython(say);
    const folder = join(options.folder ?? state, 'llama-1b');
    const kept = existsSync(folder);
    say(`${kept ? 'found' : 'writing'} a Llama of 1.2 billion parameters: ${folder}`);
    try {
      await writeRandomLlama(folder, llama1B);
      const examples = randomExamples(STEPS, 512, llama1B.vocab_size);
      const run = { model: folder, adapter, examples, threads: options.threads };
      const sayPeak = (side: string, bytes: number): void => say(`${side}: peak memory ${(bytes / 1e9).toFixed(2)} GB`);
      return await race(
        {
          unit: 'tokens/s',
          better: 'higher',
          ours: ourForms(
            context,
            async (form) => {
              // converted here, so that the peak is that of training alone
              await held(await readModel(folder), form);
              return {
                measure: async () => {
                  const { tokensPerSecond, peakBytes } = await trainInFreshProcess({ ...run, form });
                  sayPeak('ours', peakBytes);
                  return tokensPerSecond;
                },
                close: () => Promise.resolve(),
              };
            },
            { of: largeForms, startsAnew: true },
          ),
          rivals: torchRivalForms(
            {
              python,
              script: 'peft_lora.py',
              settings: rivalSettings(folder, examples),
              figure: ({ tokens, seconds, peakBytes }) => {
                sayPeak('rival', peakBytes);
                return tokens / seconds;
              },
            },
            context,
          ),
          turns: options.turns,
        },
        say,
      );
    } finally {
      if (!kept && !options.keep) await rm(folder, { recursive: true, force: true });
    }
  },
}));
