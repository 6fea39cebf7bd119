/** What a command is: one entry of the table from which dispatch, help, completion and reference come. */
import type { Context } from './context.js';
import type { Parameter, Values } from './parameters.js';

export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

export interface Given {
  readonly positional: Readonly<Record<string, unknown>>;
  readonly options: Readonly<Record<string, unknown>>;
}

export interface Command {
  /** The words that call it, such as `federations create`. */
  readonly words: string;
  /** One sentence in the imperative. */
  readonly summary: string;
  /** By name, in their order. */
  readonly positional: Parameters;
  /** By name in camel case: `maxTokens` is `--max-tokens`. */
  readonly options: Parameters;
  /** Whole command lines without the leading `fedamole`, each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
  run(context: Context, given: Given): Promise<void>;
}

interface Definition<Positional extends Parameters, Options extends Parameters> {
  readonly words: string;
  readonly summary: string;
  readonly positional?: Positional;
  readonly options?: Options;
  readonly examples?: Command['examples'];
  run(context: Context, positional: Values<Positional>, options: Values<Options>): Promise<void>;
}

type None = Readonly<Record<string, never>>;

/** Types what `run` is given after the parameters; `program.ts` has read them by their own `parse`. */
export function command<const Positional extends Parameters = None, const Options extends Parameters = None>(
  definition: Definition<Positional, Options>,
): Command {
  const { words, summary, positional = {}, options = {}, examples = [] } = definition;
  return {
    words,
    summary,
    positional,
    options,
    examples,
    run: (context, given) =>
      definition.run(context, given.positional as Values<Positional>, given.options as Values<Options>),
  };
}

/** `--max-tokens` for `maxTokens`. */
export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
