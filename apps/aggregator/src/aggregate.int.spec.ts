import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeAdapter, decodePool } from '@fedamole/adapters';
import { ArtifactStore, openArtifacts } from '@fedamole/artifacts';
import { S3Server } from '@fedamole/artifacts/fixtures';
import {
  aggregationResult,
  type AggregationResult,
  type ExpertAssignment,
  type FederationConfigurationInput,
} from '@fedamole/federation';
import type { ExpertPool } from '@fedamole/mole';
import type { AggregationJob } from '@fedamole/queues';
import { readSafetensors, toFloat64 } from '@fedamole/safetensors';
import { aggregate } from './aggregate.js';
import type { AggregateJob } from './aggregate-job.js';
import {
  aggregateJob,
  baseModel,
  CHOICES,
  clients,
  EXPERTS,
  initialiseJob,
  modules,
  rank,
  storeUpload,
} from './test-round.fixture.js';

let folder = '';
let artifacts: ArtifactStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aggregator-'));
  artifacts = new ArtifactStore(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const done = async (job: AggregationJob): Promise<AggregationResult> =>
  aggregationResult.parse(await aggregate(job, artifacts));

/** All of a result but what takes time. */
const timeless = (result: AggregationResult): object => ({ ...result, seconds: 0 });

function assignmentOf({ next }: AggregationResult): ExpertAssignment {
  if (next === null) throw new Error('nothing was assigned');
  return next.assignment;
}

async function firstRound(changes: FederationConfigurationInput = {}): Promise<AggregateJob> {
  const first = await done(initialiseJob(changes));
  return aggregateJob(artifacts, { pool: first.pool, assignment: assignmentOf(first) }, changes);
}

const readPool = async (digest: string): Promise<ExpertPool> =>
  decodePool(await artifacts.get(digest), modules, { rank, experts: EXPERTS });

async function readScores({ next }: AggregationResult) {
  const { tensors, metadata } = readSafetensors(await artifacts.get(next?.scores ?? ''));
  const scores = modules.map(({ name }) => {
    const tensor = tensors.get(`${name}.scores`);
    if (tensor === undefined) throw new Error(`no scores of ${name}`);
    expect(tensor.shape).toEqual([EXPERTS, clients.length]);
    return [...toFloat64(tensor)];
  });
  return { scores, clients: JSON.parse(metadata['clients'] ?? '') as unknown };
}

/** Every expert picks k clients and every client holds from `least` to `most`, per module, in ascending order. */
function expectLimits(assignment: ExpertAssignment, least: number, most: number): void {
  expect(Object.keys(assignment)).toEqual(clients);
  for (const { name } of modules) {
    const picks = new Array<number>(EXPERTS).fill(0);
    for (const client of clients) {
      const held = assignment[client]?.[name] ?? [];
      expect(held).toEqual([...new Set(held)].sort((a, b) => a - b));
      expect(held.length).toBeGreaterThanOrEqual(least);
      expect(held.length).toBeLessThanOrEqual(most);
      for (const expert of held) picks[expert] = (picks[expert] ?? NaN) + 1;
    }
    expect(picks).toEqual(new Array<number>(EXPERTS).fill(CHOICES));
  }
}

describe('the first aggregation', () => {
  it('draws a pool whose experts add nothing yet, for the base model and settings of the federation', async () => {
    const { pool, poolBytes } = await done(initialiseJob());
    const bytes = await artifacts.get(pool);
    expect(bytes.byteLength).toBe(poolBytes);
    const settings = { r: '2', alpha: '4', topK: '2', experts: '6', base_model: baseModel.digest };
    expect(readSafetensors(bytes).metadata).toMatchObject(settings);
    for (const { shared, experts } of (await readPool(pool)).values()) {
      expect([shared, ...experts].every(({ a, b }) => a.some((x) => x !== 0) && b.every((x) => x === 0))).toBe(true);
    }
  });

  it('assigns within the limits', async () => {
    expectLimits(assignmentOf(await done(initialiseJob())), 2, 4);
    expectLimits(assignmentOf(await done(initialiseJob({ homogeneous: true }))), 3, 3);
  });

  it('stores the scores that it assigned by, a column a client', async () => {
    const { scores, clients: columns } = await readScores(await done(initialiseJob()));
    expect(columns).toEqual(clients);
    expect(scores.flat().every(Number.isFinite)).toBe(true);
    expect(scores[0]).not.toEqual(scores[1]);
  });

  it('is the same every time, in whatever order the clients are named, and another for another seed', async () => {
    const first = await done(initialiseJob());
    const turned = await done({ ...initialiseJob(), attempt: 3, clients: [...clients].reverse() });
    expect(timeless(turned)).toEqual(timeless(first));
    const other = await done(initialiseJob({ seed: 1 }));
    expect(other.pool).not.toBe(first.pool);
    expect(other.next?.scores).not.toBe(first.next?.scores);
  });

  it('says which inequality fails where the limits cannot be met', async () => {
    await expect(done(initialiseJob({ minExperts: 4 }))).rejects.toThrow(
      'C b_min <= E k: 4 clients need 4 experts each, 16 in all, but 6 experts picking 2 clients each make 12 choices',
    );
  });
});

describe("a round's aggregation", () => {
  it('merges the shared expert over all clients and each expert over those that hold it', async () => {
    const job = await firstRound();
    const [before, after] = [await readPool(job.pool), await readPool((await done(job)).pool)];
    const uploads = await Promise.all(
      job.results.map(async ({ client, adapter }) =>
        decodeAdapter(await artifacts.get(adapter), modules, job.assignment[client] ?? {}, rank),
      ),
    );
    const mean = (vectors: readonly (Float32Array | undefined)[]): number[] =>
      Array.from(
        vectors[0] ?? [],
        (_, index) => vectors.reduce((sum, v) => sum + (v?.[index] ?? NaN), 0) / vectors.length,
      );
    for (const { name } of modules) {
      const clientModules = uploads.map((upload) => upload.get(name));
      const merged = after.get(name);
      expect(merged?.experts).not.toEqual(before.get(name)?.experts);
      const close = (actual: Float32Array | undefined, expected: readonly number[]): void => {
        expect(actual).toHaveLength(expected.length);
        expected.forEach((element, index) => expect(actual?.[index]).toBeCloseTo(element, 6));
      };
      close(merged?.shared.b, mean(clientModules.map((module) => module?.shared.b)));
      close(merged?.tokenProjection, mean(clientModules.map((module) => module?.tokenProjection)));
      merged?.experts.forEach(({ a, b }, expert) => {
        const holders = clientModules.flatMap((module) => module?.experts[module.held.indexOf(expert)] ?? []);
        expect(holders).toHaveLength(CHOICES);
        close(a, mean(holders.map((holder) => holder.a)));
        close(b, mean(holders.map((holder) => holder.b)));
      });
    }
  });

  it('weighs clients by their examples where the federation says so', async () => {
    const weigh = (job: AggregateJob, examples: readonly number[]): AggregateJob => ({
      ...job,
      results: job.results.map((result, index) => ({ ...result, trainExamples: examples[index] ?? 0 })),
    });
    const [uniform, byExamples] = [await firstRound(), await firstRound({ mergeWeighting: 'examples' })];
    const plain = await done(uniform);
    expect((await done(weigh(uniform, [10, 20, 30, 40]))).pool).toBe(plain.pool);
    expect((await done(weigh(byExamples, [10, 20, 30, 40]))).pool).not.toBe(plain.pool);
    expect((await done(weigh(byExamples, [50, 50, 50, 50]))).pool).toBe(plain.pool);
  });

  it('gives the same artifacts and assignment in whatever order the results arrived', async () => {
    const job = await firstRound();
    const first = await done(job);
    expect(timeless(await done(job))).toEqual(timeless(first));
    const orders = [
      [...job.results].reverse(),
      [2, 0, 3, 1].map((index) => job.results[index] as (typeof job.results)[0]),
    ];
    for (const results of orders)
      expect(timeless(await done({ ...job, results, attempt: 2 }))).toEqual(timeless(first));
  });

  it('is the same from a bucket', async () => {
    const job = await firstRound();
    const server = new S3Server();
    try {
      await server.start();
      const inBucket = await openArtifacts(server.place());
      const named = job.results.flatMap(({ adapter, embeddings }) => [adapter, embeddings ?? adapter]);
      for (const digest of [job.pool, ...named]) await inBucket.put(await artifacts.get(digest));
      const result = aggregationResult.parse(await aggregate(job, inBucket));
      expect(timeless(result)).toEqual(timeless(await done(job)));
      expect(await inBucket.get(result.pool)).toEqual(new Uint8Array(await artifacts.get(result.pool)));
    } finally {
      await server.remove();
    }
  });

  it('assigns nothing after the last round, and needs no embeddings then', async () => {
    const job = await firstRound();
    const results = job.results.map((result) => ({ ...result, embeddings: null }));
    const last = await done({ ...job, results, lastRound: true });
    expect(last.next).toBeNull();
    expect(last.pool).toBe((await done(job)).pool);
  });
});

describe('the next assignment', () => {
  it('by reverse selection follows the embeddings, within the limits', async () => {
    const job = await firstRound();
    const result = await done(job);
    expectLimits(assignmentOf(result), 2, 4);
    expect(assignmentOf(result)).not.toEqual(job.assignment);
    const { scores } = await readScores(result);
    // softmax over the clients, for every expert
    for (const row of scores.flatMap((all) => Array.from({ length: EXPERTS }, (_, e) => all.slice(e * 4, e * 4 + 4)))) {
      expect(row.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 9);
    }
  });

  it('by reverse selection gives an expert to the clients whose tokens it fits best', async () => {
    const job = await firstRound({ homogeneous: true });
    const result = await done(job);
    const { scores } = await readScores(result);
    const total = (assignment: ExpertAssignment): number =>
      modules.reduce(
        (sum, { name }, module) =>
          clients.reduce(
            (inner, client, column) =>
              (assignment[client]?.[name] ?? []).reduce(
                (all, expert) => all + (scores[module]?.[expert * 4 + column] ?? NaN),
                inner,
              ),
            sum,
          ),
        0,
      );
    expect(total(assignmentOf(result))).toBeGreaterThan(total(job.assignment));
    expectLimits(assignmentOf(result), 3, 3);
  });

  it('by reverse selection scores by what each client measured', async () => {
    const job = await firstRound();
    const other = await storeUpload(artifacts, 'ana', job.assignment['ana'] ?? {}, 2);
    const results = job.results.map((result) =>
      result.client === 'ana' ? { ...result, embeddings: other.embeddings } : result,
    );
    const before = await readScores(await done(job));
    const after = await readScores(await done({ ...job, results }));
    expect(after.scores).not.toEqual(before.scores);
  });

  it('at random is drawn anew every round, within the limits and without embeddings', async () => {
    const job = await firstRound({ assignment: 'random' });
    const results = job.results.map((result) => ({ ...result, embeddings: null }));
    const [first, again, second] = [
      await done({ ...job, results }),
      await done({ ...job, results }),
      await done({ ...job, results, round: 2 }),
    ];
    expect(timeless(again)).toEqual(timeless(first));
    expectLimits(assignmentOf(first), 2, 4);
    expectLimits(assignmentOf(second), 2, 4);
    expect(second.next?.scores).not.toBe(first.next?.scores);
    expect(assignmentOf(second)).not.toEqual(assignmentOf(first));
  });

  it('that is static stays as it was drawn', async () => {
    const job = await firstRound({ assignment: 'static' });
    const result = await done(job);
    expect(assignmentOf(result)).toEqual(job.assignment);
  });

  it.each(['reverse-selection', 'random'] as const)(
    'gives equal shares where that is asked for: %s',
    async (assignment) => {
      const job = await firstRound({ assignment, homogeneous: true });
      expectLimits(job.assignment, 3, 3);
      expectLimits(assignmentOf(await done(job)), 3, 3);
    },
  );
});

describe('an aggregation is refused', () => {
  it('where a client holds nothing', async () => {
    const job = await firstRound();
    const assignment = Object.fromEntries(Object.entries(job.assignment).filter(([client]) => client !== 'dora'));
    await expect(done({ ...job, assignment })).rejects.toThrow('client dora holds no experts in this round');
  });

  it('where the pool has another number of experts', async () => {
    const job = await firstRound();
    const { pool } = await done(initialiseJob({ experts: 8 }));
    await expect(done({ ...job, pool })).rejects.toThrow('the file has 8 experts; expected 6');
  });

  it("where the pool is missing, though a client's artifact is missing, too", async () => {
    const job = await firstRound();
    await rm(artifacts.path(job.results[2]?.adapter ?? ''));
    await expect(done({ ...job, pool: 'd'.repeat(64) })).rejects.toThrow(`Artifact ${'d'.repeat(64)} is missing`);
  });

  it("where a client's file changes after it was checked, though what it holds then could be merged", async () => {
    const job = await firstRound();
    const changed = job.results[1]?.adapter ?? '';
    /** Right after its bytes were read for the check, the lowest bit of the last number changes. */
    class ChangingStore extends ArtifactStore {
      private untouched = true;

      override async get(digest: string, maximumBytes?: number): Promise<Uint8Array> {
        const bytes = await super.get(digest, maximumBytes);
        if (digest === changed && this.untouched) {
          this.untouched = false;
          const last = bytes.byteLength - 4;
          await writeFile(this.path(digest), bytes.slice().fill((bytes[last] ?? 0) ^ 1, last, last + 1));
        }
        return bytes;
      }
    }
    await expect(aggregate(job, new ChangingStore(folder))).rejects.toThrow(`Artifact ${changed} is corrupt`);
  });
});
