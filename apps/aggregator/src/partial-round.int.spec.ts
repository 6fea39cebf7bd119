import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodePool } from '@fedamole/adapters';
import { ArtifactStore } from '@fedamole/artifacts';
import { aggregationResult, type AggregationResult, type FederationConfigurationInput } from '@fedamole/federation';
import type { AggregationJob } from '@fedamole/queues';
import { readSafetensors, toFloat64 } from '@fedamole/safetensors';
import { aggregate } from './aggregate.js';
import type { AggregateJob } from './aggregate-job.js';
import { aggregateJob, clients, EXPERTS, initialiseJob, modules, rank, storeUpload } from './test-round.fixture.js';

let folder = '';
let artifacts: ArtifactStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'partial-round-'));
  artifacts = new ArtifactStore(folder);
});
afterAll(() => rm(folder, { recursive: true }));

const done = async (job: AggregationJob): Promise<AggregationResult> =>
  aggregationResult.parse(await aggregate(job, artifacts));

/** The round's participants are all four clients; `dora` misses it. */
const others = clients.filter((client) => client !== 'dora');
const limits = { maxExperts: EXPERTS };

async function firstRound(changes: FederationConfigurationInput = {}): Promise<AggregateJob> {
  const { pool, next } = await done(initialiseJob({ ...limits, ...changes }));
  return aggregateJob(artifacts, { pool, assignment: next?.assignment ?? {} }, { ...limits, ...changes });
}

/** The job of a round that only `answered` answered; `next` take part in the one after it, with these embeddings. */
function withNext(
  job: AggregateJob,
  answered: readonly string[],
  next: Readonly<Record<string, string | null>>,
): AggregateJob {
  const participants = Object.entries(next).map(([client, embeddings]) => ({ client, embeddings }));
  const results = job.results.filter(({ client }) => answered.includes(client));
  return { ...job, results, nextRound: { participants, earlier: [] } };
}

const embeddingsOf = (job: AggregateJob, names: readonly string[]): Record<string, string | null> =>
  Object.fromEntries(job.results.filter(({ client }) => names.includes(client)).map((r) => [r.client, r.embeddings]));

async function scoresOf(job: AggregateJob) {
  const { next } = await done(job);
  const { tensors, metadata } = readSafetensors(await artifacts.get(next?.scores ?? ''));
  const columns = JSON.parse(metadata['clients'] ?? '') as string[];
  const tensor = tensors.get(`${modules[0]?.name}.scores`);
  const values = tensor === undefined ? [] : [...toFloat64(tensor)];
  const column = (client: string): number[] =>
    values.filter((_, index) => index % columns.length === columns.indexOf(client));
  return { columns, column, assignment: next?.assignment ?? {} };
}

describe('a round that not everybody answered', () => {
  it('is assigned over the next participants alone, and says the same whoever is told first', async () => {
    const job = await firstRound();
    const partial = withNext(job, others, embeddingsOf(job, others));
    const { columns, assignment } = await scoresOf(partial);
    expect(columns).toEqual(others);
    expect(Object.keys(assignment)).toEqual(others);
    const turned = { ...partial, results: [...partial.results].reverse() };
    expect((await done(turned)).next).toEqual((await done(partial)).next);
  });

  it('keeps the value of an expert that nobody trained', async () => {
    const job = await firstRound();
    const held = job.assignment['ana']?.[modules[0]?.name ?? ''] ?? [];
    const { pool } = await done(withNext(job, ['ana'], embeddingsOf(job, others)));
    const read = async (digest: string) => decodePool(await artifacts.get(digest), modules, { rank, experts: EXPERTS });
    const [before, after] = [await read(job.pool), await read(pool)].map((found) => found.get(modules[0]?.name ?? ''));
    const same = before?.experts.map((expert, index) => after?.experts[index]?.a.join() === expert.a.join());
    expect(same).toEqual(Array.from({ length: EXPERTS }, (_, index) => !held.includes(index)));
  });

  it('scores a client that missed it by its earlier embeddings', async () => {
    const job = await firstRound();
    const earlier = await storeUpload(artifacts, 'dora', job.assignment['dora'] ?? {}, 7);
    const known = { ...embeddingsOf(job, others), dora: earlier.embeddings };
    const { column } = await scoresOf(withNext(job, others, known));
    const again = await scoresOf(
      withNext(job, others, { ...known, dora: embeddingsOf(job, ['dora'])['dora'] ?? null }),
    );
    expect(column('dora')).not.toEqual(again.column('dora'));
    const sums = Array.from({ length: EXPERTS }, (_, expert) =>
      clients.reduce((sum, client) => sum + (column(client)[expert] ?? NaN), 0),
    );
    sums.forEach((sum) => expect(sum).toBeCloseTo(1, 9));
  });

  it('draws the scores of a newcomer, the same every time, and leaves the others their affinities', async () => {
    const job = await firstRound();
    const known = embeddingsOf(job, others);
    const [first, second] = [
      await scoresOf(withNext(job, others, { ...known, emil: null })),
      await scoresOf(withNext(job, others, { ...known, emil: null })),
    ];
    expect(first.column('emil')).toEqual(second.column('emil'));
    expect(new Set(first.column('emil')).size).toBe(EXPERTS);
    expect(first.column('emil').every((score) => score >= 0 && score < 0.5)).toBe(true);
    const alone = await scoresOf(withNext(job, others, known));
    for (const client of others) expect(first.column(client)).toEqual(alone.column(client));
  });

  it('scores an expert that nobody trained by what was measured when it was trained last', async () => {
    const job = await firstRound();
    const answered = ['ana', 'ben'];
    const partial = withNext(job, answered, embeddingsOf(job, others));
    const missing = Object.fromEntries(
      modules.map(({ name }) => {
        const trained = answered.flatMap((client) => job.assignment[client]?.[name] ?? []);
        return [
          name,
          Array.from({ length: EXPERTS }, (_, expert) => expert).filter((expert) => !trained.includes(expert)),
        ];
      }),
    );
    const held = Object.fromEntries(modules.map(({ name }) => [name, [0, 1, 2, 3, 4, 5]]));
    const { embeddings } = await storeUpload(artifacts, 'dora', held, 3);
    const earlier = [{ client: 'dora', embeddings, trainExamples: 100, held, experts: missing }];
    const nextRound = { participants: partial.nextRound?.participants ?? [], earlier };
    const drawn = await scoresOf(partial);
    const measured = await scoresOf({ ...partial, nextRound });
    const wanted = missing[modules[0]?.name ?? ''] ?? [];
    expect(wanted.length).toBeGreaterThan(0);
    for (let expert = 0; expert < EXPERTS; expert += 1) {
      const differs = drawn.column('ana')[expert] !== measured.column('ana')[expert];
      expect(differs).toBe(wanted.includes(expert));
      const sum = others.reduce((total, client) => total + (measured.column(client)[expert] ?? NaN), 0);
      expect(sum).toBeCloseTo(1, 9);
    }
  });
});

describe('a static assignment', () => {
  it('is drawn anew where others take part, and is the old one again when all are back', async () => {
    const job = await firstRound({ assignment: 'static' });
    const without = await done(withNext(job, others, embeddingsOf(job, others)));
    expect(Object.keys(without.next?.assignment ?? {})).toEqual(others);
    const all = embeddingsOf(job, clients);
    const back = { ...withNext(job, others, all), assignment: { ...job.assignment } };
    delete back.assignment['dora'];
    expect((await done(back)).next?.assignment).toEqual(job.assignment);
  });
});
