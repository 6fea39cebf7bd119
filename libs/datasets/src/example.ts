import { DatasetError } from './errors.js';

/** One instruction with its answer; `input` is the instruction's context, empty where it needs none. */
export interface Example {
  readonly instruction: string;
  readonly input: string;
  readonly output: string;
  /** The answers to choose from, `output` among them; left out where the answer is free text. */
  readonly choices?: readonly string[];
}

/**
 * An example out of parsed JSON. `input` and `choices` may be left out; other fields are ignored.
 *
 * @param place names file and line, or file and instance, in errors
 */
export function checkedExample(place: string, value: unknown): Example {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DatasetError(`${place}: ${kindOf(value)} is not an object with instruction, input and output`);
  }
  const { instruction, input = '', output, choices } = value as Record<string, unknown>;
  const example = {
    instruction: requiredText(place, 'instruction', instruction),
    input: text(place, 'input', input),
    output: requiredText(place, 'output', output),
  };
  return choices === undefined ? example : { ...example, choices: checkedChoices(place, choices, example.output) };
}

/** At least two different texts, one of them the answer. Messages give their positions, never the texts. */
function checkedChoices(place: string, value: unknown, output: string): string[] {
  if (!Array.isArray(value)) throw new DatasetError(`${place}: field "choices" is ${kindOf(value)}, not a list`);
  if (value.length < 2) throw new DatasetError(`${place}: field "choices" has ${value.length} of at least 2 texts`);
  const choices = value.map((choice: unknown, index) => requiredText(place, `choices[${index}]`, choice));
  choices.forEach((choice, index) => {
    const first = choices.indexOf(choice);
    if (first < index) throw new DatasetError(`${place}: field "choices[${index}]" is the same as choices[${first}]`);
  });
  if (!choices.includes(output)) throw new DatasetError(`${place}: field "output" is none of the choices`);
  return choices;
}

function text(place: string, field: string, value: unknown): string {
  if (typeof value !== 'string') throw new DatasetError(`${place}: field "${field}" is ${kindOf(value)}, not a text`);
  return value;
}

function requiredText(place: string, field: string, value: unknown): string {
  const checked = text(place, field, value);
  if (checked.trim() === '') throw new DatasetError(`${place}: field "${field}" is blank`);
  return checked;
}

/** What kind of value it is. The value itself is a client's, and messages leave the client's trainer. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
