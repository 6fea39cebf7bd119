import { DatasetError } from './errors.js';
import { checkedExample } from './example.js';
import type { Example } from './example.js';
import { jsonProblem } from './json-problem.js';

/**
 * A task of Natural Instructions v2: its first definition is every example's instruction, an instance's first output the
 * answer. An instance whose first output is the empty text has no answer (the published tasks have a few) and is left out.
 */
export function parseNaturalInstructions(file: string, text: string): Example[] {
  const task = parsedTask(file, text);
  const instruction = first(task['Definition']);
  const instances = task['Instances'];
  if (typeof instruction !== 'string') throw new DatasetError(`${file}: field "Definition" holds no text`);
  if (!Array.isArray(instances)) throw new DatasetError(`${file}: field "Instances" is not a list`);
  const examples: Example[] = [];
  instances.forEach((instance: unknown, index) => {
    const place = `${file}: Instances[${index}]`;
    if (!isRecord(instance)) throw new DatasetError(`${place} is not an object with input and output`);
    const output = first(instance['output']);
    if (output === '') return;
    examples.push(checkedExample(place, { instruction, input: instance['input'], output }));
  });
  return examples;
}

function parsedTask(file: string, text: string): Record<string, unknown> {
  let task: unknown;
  try {
    task = JSON.parse(text);
  } catch (error) {
    throw new DatasetError(`${file}: the file is not JSON: ${jsonProblem(error)}`);
  }
  if (!isRecord(task)) throw new DatasetError(`${file}: the file is not a task with Definition and Instances`);
  return task;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? (value as unknown[])[0] : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
