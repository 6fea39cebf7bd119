/** What each form of frozen weights costs on the quickstart's model: gradients, and what a short federation comes to. */
import { weightForms, type WeightForm } from '@fedamole/base-models';
import type { Benchmark, BenchmarkContext } from './benchmark.js';
import { BenchmarkError } from './benchmark-error.js';
import type { Comparison } from './comparison.js';
import { formGradients } from './form-gradients.js';
import { withPlatform, type FederationMeans } from './short-federation.js';

export const weights: Benchmark = {
  name: 'weights',
  summary:
    "forms of frozen weights on the quickstart's model: gradients, and what two rounds come to, a seed a turn; int8 beside float32",
  run: compare,
};

async function compare({ options, say }: BenchmarkContext): Promise<Comparison> {
  const forms = chosen(options.form);
  say(row('form', 'loss', 'least cosine', 'median cosine', 'relative L2'));
  say(row(...Array.from({ length: 5 }, () => '---')));
  for (const measured of await formGradients(forms, options.threads)) {
    const { form, loss, leastCosine, medianCosine, relativeError } = measured;
    say(row(form, ...[loss, leastCosine, medianCosine, relativeError].map((figure) => figure.toFixed(4))));
  }
  say('');
  const seeds = Array.from({ length: options.turns }, (_, index) => index + 1);
  const ends = new Map<WeightForm, FederationMeans[]>(forms.map((form) => [form, []]));
  await withPlatform(options.threads, async (federate) => {
    for (const seed of seeds) {
      for (const [form, ofForm] of ends) {
        ofForm.push(await federate({ weights: form, seed }));
        say(`seed ${seed}, ${form}: ${figuresOf(ofForm.slice(-1)).join(', ')}`);
      }
    }
  });
  say(`\n${row('form', ...figureNames)}`);
  say(row('---', ...figureNames.map(() => '---')));
  for (const [form, ofForm] of ends) say(row(form, ...figuresOf(ofForm)));
  const rougeL = (form: WeightForm) => ({ value: mean(ends.get(form), (end) => end.rougeL), form });
  return {
    unit: `mean ROUGE-L of ${seeds.length} seeds`,
    ours: rougeL(options.form === null ? 'int8' : (forms.at(-1) as WeightForm)),
    rival: rougeL('float32'),
  };
}

const figureNames = ['mean test loss', 'mean ROUGE-L', 'mean accuracy'] as const;

/** Means over federations. */
const figuresOf = (ends: readonly FederationMeans[]): string[] => [
  mean(ends, ({ testLoss }) => testLoss).toFixed(4),
  mean(ends, ({ rougeL }) => rougeL).toFixed(4),
  mean(ends, ({ choiceAccuracy }) => choiceAccuracy).toFixed(4),
];

function mean(ends: readonly FederationMeans[] = [], of: (end: FederationMeans) => number): number {
  return ends.reduce((sum, end) => sum + of(end), 0) / ends.length;
}

/** Float32 and the one that is named, or all. */
function chosen(name: string | null): readonly WeightForm[] {
  if (name === null) return weightForms;
  const form = weightForms.find((known) => known === name);
  if (form === undefined) throw new BenchmarkError(`--form is "${name}": use ${weightForms.join(', ')}`);
  return form === 'float32' ? [form] : ['float32', form];
}

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
