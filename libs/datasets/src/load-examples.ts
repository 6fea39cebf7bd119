import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DatasetError } from './errors.js';
import type { Example } from './example.js';
import { parseJsonLines } from './json-lines.js';
import { parseNaturalInstructions } from './natural-instructions.js';

const parsers: Readonly<Record<string, (file: string, text: string) => Example[]>> = {
  '.jsonl': parseJsonLines,
  '.json': parseNaturalInstructions,
};

/**
 * Examples of a file, in its order, or of a folder, file by file in the order of their names: its `*.jsonl` files (an
 * object with instruction, input and output per line), or, where it has none, its `*.json` files (Natural Instructions).
 *
 * @throws DatasetError naming the file, the line and the field: nothing is skipped in silence
 */
export async function loadExamples(path: string): Promise<Example[]> {
  const examples: Example[] = [];
  for (const file of await dataFiles(path)) {
    const parse = parsers[extname(file)];
    if (parse === undefined)
      throw new DatasetError(`${file}: not a data file: use .jsonl, or .json of Natural Instructions`);
    const found = parse(file, await readText(file));
    if (found.length === 0) throw new DatasetError(`${file}: the file holds no examples`);
    for (const example of found) examples.push(example);
  }
  return examples;
}

async function dataFiles(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new DatasetError(`${path}: the data cannot be found: ${error.message}`, { cause: error });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => !name.startsWith('.')).sort();
  for (const extension of ['.jsonl', '.json']) {
    const files = names.filter((name) => extname(name) === extension);
    if (files.length > 0) return files.map((name) => join(path, name));
  }
  throw new DatasetError(`${path}: the folder holds no data file: neither *.jsonl nor *.json`);
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DatasetError(`${file}: the file is not text in UTF-8`, { cause: error });
  }
}
