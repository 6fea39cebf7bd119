import { DatasetError } from './errors.js';
import { checkedExample } from './example.js';
import type { Example } from './example.js';
import { jsonProblem } from './json-problem.js';

/** One JSON object per line; blank lines are passed over. Only a line feed ends a line: JSON allows U+2028 in texts. */
export function parseJsonLines(file: string, text: string): Example[] {
  const examples: Example[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '') return;
    const place = `${file}:${index + 1}`;
    examples.push(checkedExample(place, parsedLine(place, line)));
  });
  return examples;
}

function parsedLine(place: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new DatasetError(`${place}: the line is not JSON: ${jsonProblem(error)}`);
  }
}
