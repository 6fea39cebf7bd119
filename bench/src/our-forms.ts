/** The forms of our side: one line for each way in which the engine holds frozen weights. */
import type { EngineSettings } from '@fedamole/training';
import type { BenchmarkContext } from './benchmark.js';
import type { Contender, Form } from './contender.js';
import { selected } from './selected-forms.js';

/** What a form sets of the engine. */
export type EngineForm = Omit<EngineSettings, 'adapter' | 'balanceWeight' | 'dropout' | 'threads' | 'profile'>;

export const ourPrecisions: readonly { readonly name: string; readonly settings: EngineForm }[] = [
  { name: 'float32', settings: {} },
];

/** Every form of ours, or the one that the options name; `open` makes the contender with the form's engine settings. */
export function ourForms({ options }: BenchmarkContext, open: (settings: EngineForm) => Promise<Contender>): Form[] {
  const forms = ourPrecisions.map(({ name, settings }) => ({ name, open: () => open(settings) }));
  return selected(forms, options.form, '--form');
}
