import { DatasetError } from './errors.js';
import type { Example } from './example.js';
import { seededRandom, shuffled } from '@fedamole/seeded-random';

/** At most so many examples of a split are used; fewer for testing where answers are generated, token by token. */
const USED_AT_MOST = { embedding: 200, validation: 200, chosenTest: 200, generatedTest: 50 } as const;

/** One distinct input for each of the four splits. */
const LEAST_INPUTS = 4;

type Splittable = Pick<Example, 'instruction' | 'input' | 'choices'>;

/** Whether nothing is generated to test these examples: each has choices. */
export function isClassification(test: readonly Pick<Example, 'choices'>[]): boolean {
  return test.every(({ choices }) => choices !== undefined);
}

export interface Splits<Item> {
  readonly train: Item[];
  readonly embedding: Item[];
  readonly validation: Item[];
  readonly test: Item[];
}

/**
 * Divides a client's N examples, shuffled by the seed, into disjoint splits: N / 10 for test, N / 10 for validation, a
 * twentieth of the rest for embeddings, each rounded down but at least 1, and what remains for training; then the caps of
 * 200 embedding, 200 validation and 50 test examples (200 where all of them have choices) are applied. Examples of equal instruction and input stay in one
 * split, so that no test input was trained on; a group that does not fit a split's number any more goes elsewhere, so
 * where many inputs are equal a split may hold fewer than its number, or more where its only group is larger.
 *
 * @throws DatasetError where there are fewer than 4 distinct inputs
 */
export function splitExamples<Item extends Splittable>(examples: readonly Item[], seed: number | string): Splits<Item> {
  const ordered = shuffled(examples, seededRandom('split', seed));
  const waiting = groupsOfEqualInputs(ordered);
  if (waiting.length < LEAST_INPUTS) {
    throw new DatasetError(
      `${examples.length} examples with ${waiting.length} distinct inputs are too few to split: at least ${LEAST_INPUTS} distinct inputs are needed`,
    );
  }
  const tenth = Math.max(1, Math.floor(examples.length / 10));
  const twentieth = Math.max(1, Math.floor((examples.length - 2 * tenth) / 20));
  const test = takeGroups(waiting, tenth, 3);
  const validation = takeGroups(waiting, tenth, 2);
  const embedding = takeGroups(waiting, twentieth, 1);
  // In shuffled order again: members of a group must not follow each other.
  const used = (chosen: ReadonlySet<Item>, atMost: number): Item[] =>
    ordered.filter((example) => chosen.has(example)).slice(0, atMost);
  return {
    train: used(new Set(waiting.flat()), Infinity),
    embedding: used(embedding, USED_AT_MOST.embedding),
    validation: used(validation, USED_AT_MOST.validation),
    test: used(test, isClassification([...test]) ? USED_AT_MOST.chosenTest : USED_AT_MOST.generatedTest),
  };
}

function groupsOfEqualInputs<Item extends Splittable>(examples: readonly Item[]): Item[][] {
  const groups = new Map<string, Item[]>();
  for (const example of examples) {
    const key = JSON.stringify([example.instruction, example.input]);
    const group = groups.get(key);
    if (group) group.push(example);
    else groups.set(key, [example]);
  }
  return [...groups.values()];
}

/** Takes groups off `waiting` that fit into `count`, at least one, and leaves at least `reserved` for the splits to come. */
function takeGroups<Item>(waiting: Item[][], count: number, reserved: number): Set<Item> {
  const taken = new Set<Item>();
  let spare = waiting.length - reserved;
  const remaining = waiting.filter((group) => {
    if (spare === 0 || taken.size + group.length > count) return true;
    spare -= 1;
    for (const example of group) taken.add(example);
    return false;
  });
  if (taken.size === 0) {
    const smallest = remaining.reduce((left, right) => (right.length < left.length ? right : left));
    remaining.splice(remaining.indexOf(smallest), 1);
    for (const example of smallest) taken.add(example);
  }
  waiting.splice(0, waiting.length, ...remaining);
  return taken;
}
