/** Greedy decoding of 64 new tokens after prompts of 64 tokens. */
import { join } from 'node:path';
import { readModel, type Model } from '@fedamole/base-models';
import { Engine, generate, type EngineSettings } from '@fedamole/training';
import { balanceWeight } from './adapters.js';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import { race, type Contender } from './contender.js';
import { state } from './folders.js';
import { held, ourForms } from './our-forms.js';
import { sayProfiles } from './profiled-turn.js';
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
  profile: (context) => profile(rows, context),
}));

async function prepare(rows: number) {
  const model = await readModel(await writeRandomLlama(join(state, 'llama-110m'), llama110M));
  const prompts = randomExamples(rows, PROMPT_TOKENS, model.decoder.vocabularySize).map(({ ids }) => ids);
  return { model, prompts };
}

async function compare(rows: number, context: BenchmarkContext) {
  const { options, say } = context;
  const python = rivalPython(say);
  const { model, prompts } = await prepare(rows);
  return race(
    {
      unit: 'tokens/s',
      better: 'higher',
      ours: ourForms(context, async (form) =>
        ours(await held(model, form), prompts, { ...form.engine, threads: options.threads }),
      ),
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

/** The prompts are one run of the session, every new token but the first is another. */
async function profile(rows: number, context: BenchmarkContext): Promise<void> {
  const { model, prompts } = await prepare(rows);
  const { threads } = context.options;
  await sayProfiles(context, NEW_TOKENS, async (form, file) =>
    ours(await held(model, form), prompts, { ...form.engine, threads, profile: file }),
  );
}

function ours(
  model: Model,
  prompts: readonly (readonly number[])[],
  settings: Pick<EngineSettings, 'threads' | 'profile' | 'device'>,
): Contender {
  const engine = new Engine(model, { ...settings, adapter: { kind: 'none' }, balanceWeight, dropout: 0 });
  const generation = { maxNewTokens: NEW_TOKENS, stopTokenIds: [], padTokenId: 0 };
  return {
    measure: async () => {
      const started = performance.now();
      const answers = await generate(engine, new Map(), prompts, generation);
      return answers.flat().length / ((performance.now() - started) / 1000);
    },
    close: () => engine.release(),
  };
}
