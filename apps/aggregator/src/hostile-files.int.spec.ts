import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AdapterFileError,
  contributedAdapter,
  contributedEmbeddings,
  LARGEST_ELEMENT,
  type ClientEmbeddings,
  type ContributedFile,
  type ExpectedContribution,
} from '@fedamole/adapters';
import { ArtifactStore } from '@fedamole/artifacts';
import type { HeldModule } from '@fedamole/mole';
import fc from 'fast-check';
import { aggregate } from './aggregate.js';
import { heldBy, type AggregateJob } from './aggregate-job.js';
import { refusedContributions } from './contributions.js';
import { mutation } from './mutations.fixture.js';
import { aggregateJob, baseModel, initialiseJob, modules, rank } from './test-round.fixture.js';

let folder = '';
let artifacts: ArtifactStore;
let job: AggregateJob;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  artifacts = new ArtifactStore(folder);
  const first = await aggregate(initialiseJob(), artifacts);
  if (!('pool' in first) || first.next === null) throw new Error('the first round was not assigned');
  const whole = await aggregateJob(artifacts, { pool: first.pool, assignment: first.next.assignment });
  job = { ...whole, results: whole.results.slice(0, 1) };
});
afterAll(() => rm(folder, { recursive: true }));

type Decoded = ReadonlyMap<string, HeldModule | ClientEmbeddings>;

/** Every number of a module, in one order. */
function numbersOf(module: HeldModule | ClientEmbeddings): Float32Array[] {
  if ('token' in module) return [module.token, ...module.experts];
  return [module.shared, ...module.experts].flatMap(({ a, b }) => [a, b]).concat(module.tokenProjection);
}

/** Null where it is refused, which it may be in one way only. */
function decoded(file: ContributedFile<Decoded>, bytes: Uint8Array): Decoded | null {
  try {
    return file.decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(AdapterFileError);
    expect((error as Error).message).toMatch(/^[\x20-\x7e]{1,2000}$/);
    return null;
  }
}

/** What is taken of a file whose bytes are another's: as many numbers as were asked for, and no monster among them. */
function expectHarmless(taken: Decoded, original: Decoded): void {
  expect([...taken.keys()]).toEqual([...original.keys()]);
  for (const [name, module] of taken) {
    const [numbers, expected] = [numbersOf(module), numbersOf(original.get(name) as HeldModule)];
    expect(numbers.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
    for (const values of numbers) expect(values.every((value) => Math.abs(value) <= LARGEST_ELEMENT)).toBe(true);
  }
}

const endsAlike = (bytes: Uint8Array, original: Uint8Array, length: number): boolean =>
  bytes.byteLength >= length && Buffer.compare(bytes.subarray(-length), original.subarray(-length)) === 0;

describe('ten thousand files that somebody changed', () => {
  const expected = (): ExpectedContribution => {
    const settings = { rank, alpha: 4, topK: 2, baseModel: baseModel.digest };
    return { client: 'ana', round: 1, modules, held: heldBy(job, 'ana'), settings };
  };
  const uploads: readonly [
    count: number,
    what: 'adapter' | 'embeddings',
    file: (expected: ExpectedContribution) => ContributedFile<Decoded>,
  ][] = [
    [7000, 'adapter', contributedAdapter],
    [3000, 'embeddings', contributedEmbeddings],
  ];

  it.each(uploads)(
    '%d of its %s: never taken for the original; handed in as they are, refused, or they say the same, or do no harm',
    async (count, what, fileOf) => {
      const digest = job.results[0]?.[what] ?? '';
      const bytes = await artifacts.get(digest);
      const file = fileOf(expected());
      const original = file.decode(bytes);
      const dataBytes = [...original.values()].flatMap(numbersOf).reduce((sum, { length }) => sum + 4 * length, 0);
      const outcomes = { refused: 0, same: 0, harmless: 0 };
      await fc.assert(
        fc.asyncProperty(mutation, async (mutate) => {
          const changed = mutate(bytes);
          fc.pre(Buffer.compare(changed, bytes) !== 0);
          await writeFile(artifacts.path(digest), changed);
          const [refusal] = await refusedContributions(job, artifacts);
          expect(refusal).toMatchObject({ client: 'ana', artifact: digest });
          expect(refusal?.reason).toMatch(/^Artifact .* (is corrupt|has \d+ bytes; the limit is \d+)/);

          const taken = decoded(file, changed);
          if (taken === null) {
            outcomes.refused += 1;
          } else if (endsAlike(changed, bytes, dataBytes)) {
            outcomes.same += 1;
            expect(taken).toEqual(original);
          } else {
            outcomes.harmless += 1;
            expectHarmless(taken, original);
          }
        }),
        { seed: 5, numRuns: count },
      );
      await writeFile(artifacts.path(digest), bytes);
      expect(await refusedContributions(job, artifacts)).toEqual([]);
      expect(outcomes.refused).toBeGreaterThan(0.8 * count);
      expect(Math.min(outcomes.same, outcomes.harmless)).toBeGreaterThan(0);
    },
    180_000,
  );
});
