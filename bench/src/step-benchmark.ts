/** Benchmarks of training steps: tokens a second of ours and of a PyTorch rival on the same examples. */
import { readModel, type Model } from '@fedamole/base-models';
import type { Sequence } from '@fedamole/training';
import { alpha, balanceWeight, dropout, heldExperts, rank, topK, type TrainedAdapter } from './adapters.js';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import { race } from './contender.js';
import { held, ourForms } from './our-forms.js';
import { sayProfiles } from './profiled-turn.js';
import { rivalPython } from './python.js';
import { describeExamples } from './task-examples.js';
import { torchRivalForms } from './torch-forms.js';
import { trainingSteps } from './training-steps.js';

export interface StepBenchmark {
  readonly name: string;
  readonly summary: string;
  readonly adapter: TrainedAdapter;
  readonly modelFolder: () => Promise<string>;
  readonly examples: (model: Model, context: BenchmarkContext) => Promise<readonly Sequence[]>;
  /** A file of bench/rivals. */
  readonly rivalScript: string;
}

/** What a PyTorch rival that trains is told. */
export function rivalSettings(model: string, examples: readonly Sequence[]): object {
  const lengths = new Set(examples.map(({ ids }) => ids.length));
  return {
    model,
    examples,
    dynamic: lengths.size > 1,
    rank,
    alpha,
    topK,
    dropout,
    balanceWeight,
    experts: heldExperts,
  };
}

export function stepBenchmark(benchmark: StepBenchmark): Benchmark {
  const { name, summary, adapter, rivalScript } = benchmark;
  return {
    name,
    summary,
    run: async (context) => {
      const { options, say } = context;
      const python = rivalPython(say);
      const model = await readModel(await benchmark.modelFolder());
      const examples = await benchmark.examples(model, context);
      say(`${describeExamples(examples)}; ${options.threads} threads`);
      const settings = rivalSettings(model.folder, examples);
      const figure = ({ tokens, seconds }: { tokens: number; seconds: number }): number => tokens / seconds;
      return race(
        {
          unit: 'tokens/s',
          better: 'higher',
          ours: ourForms(context, async (form) =>
            trainingSteps(await held(model, form), adapter, examples, { ...form.engine, threads: options.threads }),
          ),
          rivals: torchRivalForms({ python, script: rivalScript, settings, figure }, context),
          turns: options.turns,
        },
        say,
      );
    },
    profile: async (context) => {
      const { options, say } = context;
      const model = await readModel(await benchmark.modelFolder());
      const examples = await benchmark.examples(model, context);
      say(`${describeExamples(examples)}; ${options.threads} threads`);
      await sayProfiles(context, examples.length, async (form, profile) => {
        const settings = { ...form.engine, threads: options.threads, profile };
        return trainingSteps(await held(model, form), adapter, examples, settings);
      });
    },
  };
}
