/** The forms of our side: one line for each way in which the engine holds frozen weights. */
import { join } from 'node:path';
import { holdWeights, type Model, type WeightForm } from '@fedamole/base-models';
import type { EngineSettings } from '@fedamole/training';
import type { BenchmarkContext } from './benchmark.js';
import type { Contender, Form } from './contender.js';
import { state } from './folders.js';
import { selected } from './selected-forms.js';

/** What a form sets of the model and of the engine. */
export interface OurForm {
  readonly weights: WeightForm;
  readonly engine?: Pick<EngineSettings, 'recompute' | 'device'>;
}

export const ourPrecisions: readonly { readonly name: string; readonly form: OurForm }[] = [
  { name: 'float32', form: { weights: 'float32' } },
  { name: 'int8', form: { weights: 'int8' } },
];

/** For what is compared in float32 alone. */
export const exactForm: typeof ourPrecisions = [{ name: 'float32', form: { weights: 'float32' } }];

/** For a model that is stored in bfloat16, and too large for a copy in float32. */
export const largeForms: typeof ourPrecisions = [
  { name: 'bfloat16', form: { weights: 'bfloat16' } },
  { name: 'bfloat16, recomputed', form: { weights: 'bfloat16', engine: { recompute: true } } },
  { name: 'int8', form: { weights: 'int8' } },
  { name: 'int8, recomputed', form: { weights: 'int8', engine: { recompute: true } } },
];

/** Those that take less memory, and not less time. */
export const smallForms: typeof ourPrecisions = [
  ...ourPrecisions,
  { name: 'float32, recomputed', form: { weights: 'float32', engine: { recompute: true } } },
  { name: 'int8, recomputed', form: { weights: 'int8', engine: { recompute: true } } },
];

export const held = (model: Model, { weights }: OurForm): Promise<Model> =>
  holdWeights(model, weights, { folder: join(state, 'weights') });

/** Every form of ours that the device can hold, or the one that the options name; `open` makes the contender of a form. */
export function ourForms(
  { options }: BenchmarkContext,
  open: (form: OurForm) => Promise<Contender>,
  { of = ourPrecisions, startsAnew = false }: { of?: typeof ourPrecisions; startsAnew?: boolean } = {},
): Form[] {
  const { device } = options;
  // other devices than the CPU have float32 alone
  const held = of.filter(({ form }) => device === 'cpu' || form.weights === 'float32');
  const forms = held.map(({ name, form }) => ({
    name: device === 'cpu' ? name : `${name}, ${device}`,
    startsAnew,
    open: () => open({ ...form, engine: { ...form.engine, device } }),
  }));
  return selected(forms, options.form, '--form');
}
