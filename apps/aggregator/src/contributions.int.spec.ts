import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { decodeAdapter, decodePool } from '@fedamole/adapters';
import { ArtifactStore } from '@fedamole/artifacts';
import { aggregationOutcome, type AggregationOutcome, type RefusedContribution } from '@fedamole/federation';
import { mergePool } from '@fedamole/mole';
import { readSafetensors, writeSafetensors, type Tensor } from '@fedamole/safetensors';
import { aggregate } from './aggregate.js';
import { heldBy, type AggregateJob, type ClientResult } from './aggregate-job.js';
import { aggregateJob, EXPERTS, initialiseJob, modules, rank } from './test-round.fixture.js';

let folder = '';
let artifacts: ArtifactStore;
let job: AggregateJob;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contributions-'));
  artifacts = new ArtifactStore(folder);
  const first = await aggregate(initialiseJob(), artifacts);
  if (!('pool' in first) || first.next === null) throw new Error('the first round was not assigned');
  job = await aggregateJob(artifacts, { pool: first.pool, assignment: first.next.assignment });
});
afterEach(() => rm(folder, { recursive: true }));

const outcomeOf = async (of: AggregateJob): Promise<AggregationOutcome> =>
  aggregationOutcome.parse(await aggregate(of, artifacts));

async function refusals(of: AggregateJob): Promise<readonly RefusedContribution[]> {
  const outcome = await outcomeOf(of);
  if (!('refused' in outcome)) throw new Error(`it was merged into ${outcome.pool}`);
  return outcome.refused;
}

async function merged(of: AggregateJob) {
  const outcome = await outcomeOf(of);
  if ('refused' in outcome) throw new Error(`refused: ${JSON.stringify(outcome.refused)}`);
  return { ...outcome, seconds: 0 };
}

const resultOf = (client: string): ClientResult => {
  const result = job.results.find((each) => each.client === client);
  if (result === undefined) throw new Error(`no result of ${client}`);
  return result;
};
const without = (of: AggregateJob, client: string): AggregateJob => ({
  ...of,
  attempt: of.attempt + 1,
  results: of.results.filter((each) => each.client !== client),
});
const handingIn = (client: string, changes: Partial<ClientResult>): AggregateJob => ({
  ...job,
  results: job.results.map((each) => (each.client === client ? { ...each, ...changes } : each)),
});

/** The artifact with some tensors changed, stored as an honest client would. */
async function stored(digest: string, change: (tensors: Map<string, Tensor>) => void): Promise<string> {
  const { tensors, metadata } = readSafetensors((await artifacts.get(digest)).slice());
  change(tensors);
  return artifacts.put(writeSafetensors(tensors, metadata));
}

/** Writes one float32 element where it lies. */
const poke = (name: string, element: number, value: number) => (tensors: Map<string, Tensor>) => {
  const { bytes } = tensors.get(name) as Tensor;
  new DataView(bytes.buffer, bytes.byteOffset).setFloat32(4 * element, value, true);
};

describe('a round in which one client of four hands in what cannot be merged', () => {
  it('refuses it by name and stores nothing; without it, the round is the other three', async () => {
    const adapter = await stored(resultOf('cem').adapter, poke('layers.0.v_proj.shared_B', 3, NaN));
    const poisoned = handingIn('cem', { adapter });
    const before = (await readdir(folder, { recursive: true })).sort();
    const reason = 'adapter: tensor layers.0.v_proj.shared_B holds NaN at element 3; the largest magnitude is 1000000';
    expect(await refusals(poisoned)).toEqual([{ client: 'cem', artifact: adapter, reason }]);
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(before);

    const again = await merged(without(poisoned, 'cem'));
    expect(again).toEqual(await merged(without(job, 'cem')));
    const contributions = [];
    for (const client of ['ana', 'ben', 'dora']) {
      const bytes = await artifacts.get(resultOf(client).adapter);
      contributions.push({ modules: decodeAdapter(bytes, modules, heldBy(job, client), rank), weight: 1 });
    }
    const settings = { rank, experts: EXPERTS };
    const previous = decodePool(await artifacts.get(job.pool), modules, settings);
    const pool = decodePool(await artifacts.get(again.pool), modules, settings);
    expect(pool).toEqual(mergePool(previous, contributions));
    expect(Object.keys(again.next?.assignment ?? {})).toEqual(['ana', 'ben', 'dora']);
  });

  it('names all who are refused at once, in order', async () => {
    await rm(artifacts.path(resultOf('dora').adapter));
    await truncate(artifacts.path(resultOf('ben').adapter), 100);
    const embeddings = await stored(
      resultOf('ana').embeddings ?? '',
      poke('layers.0.q_proj.mean_token_embedding', 1, -2e6),
    );
    const refused = await refusals(handingIn('ana', { embeddings }));
    expect(refused.map(({ client, artifact }) => [client, artifact])).toEqual([
      ['ana', embeddings],
      ['ben', resultOf('ben').adapter],
      ['dora', resultOf('dora').adapter],
    ]);
    expect(refused[0]?.reason).toBe(
      'embeddings: tensor layers.0.q_proj.mean_token_embedding holds -2000000 at element 1; the largest magnitude is 1000000',
    );
  });
});

describe('a client is refused', () => {
  const ofBen = async (changes: Partial<ClientResult> = {}): Promise<RefusedContribution> => {
    const [refusal, ...others] = await refusals(handingIn('ben', changes));
    expect(others).toEqual([]);
    expect(refusal?.client).toBe('ben');
    return refusal as RefusedContribution;
  };

  it("with another client's adapter", async () => {
    expect(job.assignment['ana']).not.toEqual(job.assignment['ben']);
    expect((await ofBen({ adapter: resultOf('ana').adapter })).reason).toMatch(
      /^adapter: the file holds experts .* of layers\.0\..*; expected /,
    );
  });

  it('with the pool, or its embeddings, as its adapter', async () => {
    expect((await ofBen({ adapter: job.pool })).reason).toMatch(/^Artifact .* has \d+ bytes; the limit is|^adapter: /);
    const { embeddings } = resultOf('ben');
    expect((await ofBen({ adapter: embeddings ?? '' })).reason).toBe('adapter: metadata "format" is missing');
  });

  it('with bytes that are no tensors at all', async () => {
    const adapter = await artifacts.put(new TextEncoder().encode('<html>not found</html>'));
    expect((await ofBen({ adapter })).reason).toMatch(/^adapter: header of \d+ bytes exceeds the limit of \d+$/);
  });

  it('without embeddings, where the next round is assigned by them', async () => {
    expect(await ofBen({ embeddings: null })).toEqual({
      client: 'ben',
      artifact: resultOf('ben').adapter,
      reason: 'no embeddings came with it, and round 1 assigns experts by them',
    });
  });

  it('where its artifact was lost, cut short, flipped by a bit, or has grown', async () => {
    const { adapter } = resultOf('ben');
    const path = artifacts.path(adapter);
    const bytes = await artifacts.get(adapter);
    await rm(path);
    expect((await ofBen()).reason).toBe(`Artifact ${adapter} is missing`);
    await writeFile(path, bytes.subarray(0, 50));
    expect((await ofBen()).reason).toMatch(`Artifact ${adapter} is corrupt: its bytes have the digest `);
    await writeFile(
      path,
      Uint8Array.from(bytes, (byte, at) => (at === 700 ? byte ^ 4 : byte)),
    );
    expect((await ofBen()).reason).toMatch(`Artifact ${adapter} is corrupt: its bytes have the digest `);
    await writeFile(path, bytes);
    await appendFile(path, 'x');
    expect((await ofBen()).reason).toMatch(`Artifact ${adapter} is corrupt: its bytes have the digest `);
    await truncate(path, 2 ** 40);
    expect((await ofBen()).reason).toMatch(/^Artifact .* has 1099511627776 bytes; the limit is \d+$/);
  });

  it('where a link or a pipe lies in the place of its artifact', async () => {
    const { adapter } = resultOf('ben');
    const path = artifacts.path(adapter);
    await rename(path, join(folder, 'elsewhere'));
    await symlink(join(folder, 'elsewhere'), path);
    expect((await ofBen()).reason).toBe(`Artifact ${adapter} is a link; expected a regular file`);
    await rm(path);
    execFileSync('mkfifo', [path]);
    expect((await ofBen()).reason).toBe(`Artifact ${adapter} is a pipe or device; expected a regular file`);
  });

  it('for embeddings that nobody asked for, too, if they are not what they have to be', async () => {
    const random = { ...job, configuration: { ...job.configuration, assignment: 'random' as const } };
    await rm(artifacts.path(resultOf('ben').embeddings ?? ''));
    expect(await refusals(random)).toHaveLength(1);
    const results = job.results.map((each) => ({ ...each, embeddings: null }));
    expect((await merged({ ...random, results })).poolBytes).toBeGreaterThan(0);
  });
});

describe('nobody is refused', () => {
  it('where the store itself cannot be read: that may pass', async () => {
    await rename(folder, `${folder}-gone`);
    await expect(aggregate(job, artifacts)).rejects.toThrow(/is missing|ENOENT/);
    await rename(`${folder}-gone`, folder);
    expect((await merged(job)).poolBytes).toBeGreaterThan(0);
  });

  it('where reading an artifact fails for another reason than the file', async () => {
    const { adapter } = resultOf('ben');
    const shard = join(artifacts.path(adapter), '..');
    await rename(shard, `${folder}-shard`);
    await writeFile(shard, '');
    await expect(aggregate(job, artifacts)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await rm(shard);
    await rename(`${folder}-shard`, shard);
  });
});
