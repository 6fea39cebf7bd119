/** One side of a benchmark. Sides take turns, so that what else happens on the machine falls on both. */
import { BenchmarkError } from './benchmark-error.js';
import type { Comparison } from './comparison.js';
import { median } from './median.js';

export interface Contender {
  /** Takes one turn; its figure, in the benchmark's unit. */
  measure(): Promise<number>;
  close(): Promise<void>;
}

/** A way to do the work, such as in another precision. `open` throws a BenchmarkError where it does not work here. */
export interface Form {
  readonly name: string;
  open(): Promise<Contender>;
  /** Whether nothing is left of a turn for the next: then there is nothing to warm up. */
  readonly startsAnew?: boolean;
  /** Forms that take minutes to open: tried only where this one is the best of those without. */
  readonly variants?: readonly Form[];
}

export interface Race {
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly ours: readonly Form[];
  readonly rivals: readonly Form[];
  readonly turns: number;
}

type Say = (text: string) => void;

/** Takes the best form of each side, lets the two run in turns, and compares the medians. */
export async function race({ unit, better, ours, rivals, turns }: Race, say: Say): Promise<Comparison> {
  const figure = (value: number): string => `${value.toPrecision(4)} ${unit}`;
  const our = await bestForm(ours, better, (name, text) => say(`ours, ${name}: ${text}`), figure);
  try {
    const rival = await bestForm(rivals, better, (name, text) => say(`rival, ${name}: ${text}`), figure);
    try {
      const figures: { ours: number[]; rival: number[] } = { ours: [], rival: [] };
      for (let turn = 1; turn <= turns; turn += 1) {
        figures.ours.push(await our.contender.measure());
        figures.rival.push(await rival.contender.measure());
        const [mine, other] = [figures.ours.at(-1) as number, figures.rival.at(-1) as number];
        say(`turn ${turn} of ${turns}: ours ${figure(mine)}, rival ${figure(other)}`);
      }
      return {
        unit,
        ours: { value: median(figures.ours), form: our.name },
        rival: { value: median(figures.rival), form: rival.name },
      };
    } finally {
      await rival.contender.close();
    }
  } finally {
    await our.contender.close();
  }
}

interface Tried {
  readonly form: Form;
  readonly contender: Contender;
  readonly value: number;
}

/** The best form, and of it the best variant, stays open; the others are closed. */
async function bestForm(
  forms: readonly Form[],
  better: Race['better'],
  say: (name: string, text: string) => void,
  figure: (value: number) => string,
): Promise<{ name: string; contender: Contender }> {
  const bestOf = async (candidates: readonly Form[], champion: Tried | null): Promise<Tried | null> => {
    let best = champion;
    for (const form of candidates) {
      const challenger = await triedOrSaid(form, better, say);
      if (challenger === null) continue;
      say(form.name, figure(challenger.value));
      const wins =
        best === null || (better === 'higher' ? challenger.value > best.value : challenger.value < best.value);
      await (wins ? best : challenger)?.contender.close();
      if (wins) best = challenger;
    }
    return best;
  };
  const plain = await bestOf(forms, null);
  const best = await bestOf(plain?.form.variants ?? [], plain);
  if (best === null) throw new BenchmarkError(`none of these forms works: ${forms.map(({ name }) => name).join('; ')}`);
  return { name: best.form.name, contender: best.contender };
}

async function triedOrSaid(
  form: Form,
  better: Race['better'],
  say: (name: string, text: string) => void,
): Promise<Tried | null> {
  try {
    return await tried(form, better);
  } catch (error) {
    if (!(error instanceof BenchmarkError)) throw error;
    say(form.name, `does not work here: ${error.message}`);
    return null;
  }
}

/** The better of two turns, after one that warms the form up: what else the machine does must not choose the form. */
async function tried(form: Form, better: Race['better']): Promise<Tried> {
  const contender = await form.open();
  try {
    if (form.startsAnew === true) return { form, contender, value: await contender.measure() };
    await contender.measure();
    const values = [await contender.measure(), await contender.measure()];
    return { form, contender, value: better === 'higher' ? Math.max(...values) : Math.min(...values) };
  } catch (error) {
    await contender.close();
    throw error;
  }
}
