/** The forms that are tried: all, or the one that an option names, without its variants. */
import { BenchmarkError } from './benchmark-error.js';
import type { Form } from './contender.js';

/** @throws BenchmarkError with all names where none of the forms has this one */
export function selected(forms: readonly Form[], name: string | null, option: string): Form[] {
  if (name === null) return [...forms];
  const all = forms.flatMap((form) => [form, ...(form.variants ?? [])]);
  const chosen = all.find((form) => form.name === name);
  if (chosen !== undefined) return [{ ...chosen, variants: [] }];
  const known = all.map((form) => `"${form.name}"`).join(', ');
  throw new BenchmarkError(`${option} is "${name}": this machine has ${known}`);
}
