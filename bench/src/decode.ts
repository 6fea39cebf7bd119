/** Greedy decoding of 64 new tokens after prompts of 64 tokens. */
import { join } from 'node:path';
import { readModel, type Model } from '@fedamole/base-models';
import { Engine, generate } from '@fedamole/training';
import { balanceWeight } from './adapters.js';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import { race, type Contender } from './contender.js';
import { state } from './folders.js';
import { held, ourForms } from './our-forms.js';
import { rivalPython } from './python.js';
import { llama110M, writeRandomLlama } from './random-llama.js';
import { randomExamples } from './task-examples.js';
import { torchRivalForms } from './torch-forms.js';

const PROMPT_TOKENS = 64;
const NEW_TOKENS = 64;

/** `decode`, one prompt at a time, and `decode-16`. */
export const decoding: readonly Benchmark[] = [1, 16].map((rows) => ({
  name: rows === 1 ? 'decode' : `decode-${rows}`,
  summary: `greedy decoding, 110 M parameters, ${rows === 1 ? 'one prompt' : `${rows} prompts at once`}; rival: transformers' generate`,
  run: (context) => compare(rows, context),
}));

async function compare(rows: number, context: BenchmarkContext) {
  const { options, say } = context;
  const python = rivalPython(say);
  const model = await readModel(await writeRandomLlama(join(state, 'llama-110m'), llama110M));
  const prompts = randomExamples(rows, PROMPT_TOKENS, model.decoder.vocabularySize).map(({ ids }) => ids);
  return race(
    {
      unit: 'tokens/s',
      better: 'higher',
      ours: ourForms(context, async (form) => ours(await held(model, form), prompts, options.threads)),
      rivals: torchRivalForms(
        {
          python,
          script: 'greedy_decoding.py',
          settings: { model: model.folder, prompts, newTokens: NEW_TOKENS },
          figure: ({ tokens, seconds }) => tokens / seconds,
        },
        context,
      ),
      turns: options.turns,
    },
    say,
  );
}

function ours(model: Model, prompts: readonly (readonly number[])[], threads: number): Contender {
  const engine = new Engine(model, { adapter: { kind: 'none' }, balanceWeight, dropout: 0, threads });
  const settings = { maxNewTokens: NEW_TOKENS, stopTokenIds: [], padTokenId: 0 };
  return {
    measure: async () => {
      const started = performance.now();
      const answers = await generate(engine, new Map(), prompts, settings);
      return answers.flat().length / ((performance.now() - started) / 1000);
    },
    close: () => engine.release(),
  };
}
