/** Positional parameters and options: what they accept, and the values that they mean. */
import { resolve } from 'node:path';
import { UsageError } from '../usage-error.js';

export interface Parameter<Value> {
  readonly description: string;
  /** What stands for the value in help, such as `N`; null for a switch, which takes none. */
  readonly placeholder: string | null;
  readonly required: boolean;
  /** Given any number of times. */
  readonly repeated: boolean;
  /** The only values that are accepted; null for any. */
  readonly choices: readonly string[] | null;
  /** What completion offers beside choices. */
  readonly completes: 'files' | 'folders' | null;
  /** Throws a UsageError that ends a sentence which begins with the parameter's name and its text. */
  parse(text: string): Value;
}

/** What `run` is given for each parameter. */
export type Values<Of> = { readonly [Name in keyof Of]: Of[Name] extends Parameter<infer Value> ? Value : never };

function parameter<Value>(
  description: string,
  placeholder: string | null,
  parse: (text: string) => Value,
  more: Partial<Parameter<unknown>> = {},
): Parameter<Value | undefined> {
  const plain = { required: false, repeated: false, choices: null, completes: null };
  return { description, placeholder, ...plain, ...more, parse };
}

/** Makes a parameter one that has to be given. */
export const required = <Value>(of: Parameter<Value | undefined>): Parameter<Value> => ({
  ...(of as Parameter<Value>),
  required: true,
});

/** Makes an option one that may be given again and again. */
export const repeated = <Value>(of: Parameter<Value | undefined>): Parameter<readonly Value[]> => ({
  ...(of as Parameter<unknown> as Parameter<readonly Value[]>),
  repeated: true,
});

export const flag = (description: string): Parameter<boolean> => ({
  ...parameter(description, null, () => true),
  parse: () => true,
});

export const text = (placeholder: string, description: string): Parameter<string | undefined> =>
  parameter(description, placeholder, (given) => {
    if (given.trim() === '') throw new UsageError('expected some text');
    return given;
  });

export const oneOf = <const Choice extends string>(
  placeholder: string,
  choices: readonly Choice[],
  description: string,
): Parameter<Choice | undefined> =>
  parameter(
    description,
    placeholder,
    (given) => {
      const found = choices.find((choice) => choice === given);
      if (found === undefined) throw new UsageError(`expected one of ${choices.join(', ')}`);
      return found;
    },
    { choices },
  );

export const wholeNumber = (
  placeholder: string,
  least: number,
  most: number,
  description: string,
): Parameter<number | undefined> =>
  parameter(description, placeholder, (given) => {
    const value = Number(given);
    if (/^\d+$/.test(given) && value >= least && value <= most) return value;
    throw new UsageError(`expected a whole number from ${least} to ${most}`);
  });

export const positiveNumber = (placeholder: string, description: string): Parameter<number | undefined> =>
  parameter(description, placeholder, (given) => {
    const value = given.trim() === '' ? NaN : Number(given);
    if (value > 0 && value < Infinity) return value;
    throw new UsageError('expected a number above 0');
  });

/** npm changes to the repository's root; a path is meant from where the command was typed. */
const fromWorkingFolder = (given: string): string => resolve(process.env['INIT_CWD'] ?? '.', given);

export const file = (description: string): Parameter<string | undefined> =>
  parameter(description, 'FILE', (given) => (given === '-' ? given : fromWorkingFolder(given)), { completes: 'files' });

export const folder = (description: string): Parameter<string | undefined> =>
  parameter(description, 'DIR', fromWorkingFolder, { completes: 'folders' });
