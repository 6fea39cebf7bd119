/**
 * Writes the quickstart's data: `clients/<client>/examples.jsonl` for every domain, one example a line. The same bytes
 * every time: all draws come from one seeded generator per domain. Throws before it writes anything where a rule of
 * the data is broken.
 */
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { domains } from './domains/index.mjs';

const examplesPerClient = 300;
const longestInput = 90;
const longestOutput = 40;
const fewestOpenAnswers = 150;
const fewestClasses = 5;

/** Mulberry32, seeded by the domain's name, so that a change of one domain leaves the others' files alone. */
function pickFrom(name) {
  let state = createHash('sha256').update(name).digest().readUInt32LE(0);
  return (items) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return items[Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * items.length)];
  };
}

/** Draws until the domain has enough examples of different inputs. Where answers are classes, all of them are its choices. */
function makeExamples({ name, instruction, answers, draw }) {
  const pick = pickFrom(name);
  const examples = new Map();
  for (let drawn = 0; examples.size < examplesPerClient; drawn += 1) {
    if (drawn > 100 * examplesPerClient) throw new Error(`${name}: fewer than ${examplesPerClient} different inputs`);
    const { input, output } = draw(pick, examples.size);
    if (!examples.has(input)) examples.set(input, { instruction, input, output });
  }
  const made = [...examples.values()];
  if (answers !== 'classes') return made;
  const choices = [...new Set(made.map(({ output }) => output))].sort();
  return made.map((example) => ({ ...example, choices }));
}

function check({ name, answers }, examples) {
  const refuse = (reason) => {
    throw new Error(`${name}: ${reason}`);
  };
  const counts = new Map();
  const inputs = new Set();
  for (const { input, output } of examples) {
    if (inputs.has(input)) refuse(`"${input}" occurs twice`);
    inputs.add(input);
    if (input.length > longestInput) refuse(`"${input}" has ${input.length} characters, more than ${longestInput}`);
    if (output.length > longestOutput)
      refuse(`"${output}" has ${output.length} characters, more than ${longestOutput}`);
    if (!/^\w[\w ]*[.?]?$/.test(output)) refuse(`the answer "${output}" is not plain words`);
    if (!/^[A-Z][A-Za-z ,:]*[.?]$/.test(input) || input.includes('  ')) refuse(`"${input}" is not a plain sentence`);
    counts.set(output, (counts.get(output) ?? 0) + 1);
  }
  const mostFrequent = Math.max(...counts.values());
  if (answers === 'classes') {
    if (counts.size < fewestClasses) refuse(`${counts.size} classes, fewer than ${fewestClasses}`);
    if (mostFrequent > Math.ceil(examples.length / counts.size))
      refuse(`classes differ in size: ${[...counts.values()]}`);
  } else {
    if (counts.size < fewestOpenAnswers) refuse(`${counts.size} different answers, fewer than ${fewestOpenAnswers}`);
    if (mostFrequent > examples.length / 20) refuse(`one answer occurs ${mostFrequent} times`);
  }
}

const made = domains.map((domain) => {
  const examples = makeExamples(domain);
  check(domain, examples);
  return { name: domain.name, text: examples.map((example) => `${JSON.stringify(example)}\n`).join('') };
});

const clients = join(dirname(fileURLToPath(import.meta.url)), 'clients');
await rm(clients, { recursive: true, force: true });
for (const { name, text } of made) {
  await mkdir(join(clients, name), { recursive: true });
  await writeFile(join(clients, name, 'examples.jsonl'), text);
}
console.log(`${made.length} clients of ${examplesPerClient} examples each, in ${clients}`);
