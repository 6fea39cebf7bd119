/** Another client's adapter in the same engine: its file is read, and what its first step takes more than its second. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAdapter, encodeAdapter } from '@fedamole/adapters';
import { readModel, type Model } from '@fedamole/base-models';
import { holdExperts, initialisePool, stackParameters, type Parameters } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import { Engine, makeBatch } from '@fedamole/training';
import { alpha, balanceWeight, dropout, mole, rank, topK } from './adapters.js';
import type { Benchmark } from './benchmark.js';
import { race, type Contender } from './contender.js';
import { state } from './folders.js';
import { held, ourForms } from './our-forms.js';
import { rivalPython } from './python.js';
import { llama110M, writeRandomLlama } from './random-llama.js';
import { rivalSettings } from './step-benchmark.js';
import { randomExamples } from './task-examples.js';
import { torchRivalForms } from './torch-forms.js';

/** Clients take turns; they hold other experts, and other numbers of them. */
const heldByClients = [
  [0, 1, 2, 3],
  [1, 4, 5],
  [0, 2, 3, 4, 5],
];

export const clientSwitch: Benchmark = {
  name: 'client-switch',
  summary: "another client's MoLE adapter in the same engine, 110 M parameters; rival: another LoRA adapter with PEFT",
  run: async (context) => {
    const { options, say } = context;
    const python = rivalPython(say);
    const model = await readModel(await writeRandomLlama(join(state, 'llama-110m'), llama110M));
    const folder = await mkdtemp(join(tmpdir(), 'client-switch-'));
    try {
      const files = await writeAdapters(model, folder);
      return await race(
        {
          unit: 'ms',
          better: 'lower',
          ours: ourForms(context, async (form) => switching(await held(model, form), files, options.threads)),
          rivals: torchRivalForms(
            {
              python,
              script: 'peft_switch.py',
              settings: { ...rivalSettings(model.folder, []), file: join(folder, 'peft.safetensors') },
              figure: ({ seconds }) => seconds * 1000,
              compilable: false,
            },
            context,
          ),
          turns: options.turns,
        },
        say,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

interface AdapterFile {
  readonly file: string;
  readonly held: Readonly<Record<string, readonly number[]>>;
}

const metadata = { rank, alpha, topK, baseModel: '0'.repeat(64) };

function writeAdapters({ modules }: Model, folder: string): Promise<AdapterFile[]> {
  const pool = initialisePool(modules, { rank, experts: 6 }, (module) => seededRandom('pool', module));
  return Promise.all(
    heldByClients.map(async (experts, client) => {
      const held = Object.fromEntries(modules.map(({ name }) => [name, experts]));
      const file = join(folder, `client-${client}.safetensors`);
      await writeFile(file, encodeAdapter(modules, holdExperts(pool, held), metadata));
      return { file, held };
    }),
  );
}

function switching(model: Model, files: readonly AdapterFile[], threads: number): Contender {
  const engine = new Engine(model, { threads, adapter: mole, balanceWeight, dropout });
  const batch = makeBatch(randomExamples(1, 16, model.decoder.vocabularySize), 0);
  let next = 0;
  return {
    measure: async () => {
      const { file, held } = files[next % files.length] as AdapterFile;
      next += 1;
      const started = performance.now();
      const adapter = decodeAdapter(await readFile(file), model.modules, held, rank);
      const parameters: Parameters = stackParameters(model.modules, adapter, rank);
      await engine.trainingStep(parameters, batch, () => next);
      const switched = performance.now();
      await engine.trainingStep(parameters, batch, () => next);
      return switched - started - (performance.now() - switched);
    },
    close: () => engine.release(),
  };
}
