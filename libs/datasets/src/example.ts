import { DatasetError } from './errors.js';

/** One instruction with its answer; `input` is the instruction's context, empty where it needs none. */
export interface Example {
  readonly instruction: string;
  readonly input: string;
  readonly output: string;
}

/**
 * An example out of parsed JSON. `input` may be left out; other fields are ignored.
 *
 * @param place names file and line, or file and instance, in errors
 */
export function checkedExample(place: string, value: unknown): Example {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DatasetError(`${place}: ${kindOf(value)} is not an object with instruction, input and output`);
  }
  const { instruction, input = '', output } = value as Record<string, unknown>;
  return {
    instruction: requiredText(place, 'instruction', instruction),
    input: text(place, 'input', input),
    output: requiredText(place, 'output', output),
  };
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
