import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArtifactStore } from '@fedamole/artifacts';
import type { EventBody } from '../platform-api.js';
import { differences, readTraces } from './traces.js';

describe('the traces of a federation', () => {
  let folder = '';
  let artifacts: ArtifactStore;
  let digests: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'traces-'));
    artifacts = new ArtifactStore(folder);
    const texts = ['pool', 'adapter', 'embeddings', 'another adapter'];
    digests = await Promise.all(texts.map((text) => artifacts.put(new TextEncoder().encode(text))));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const numbered = (events: readonly Pick<EventBody, 'type' | 'data'>[]): EventBody[] =>
    events.map((event, index) => ({ ...event, version: index + 1, recordedAt: '2026-01-01T00:00:00Z' }));
  const trained = (client: string, adapter = digests[1], seconds = 1) => ({
    type: 'ClientTrained',
    data: { federationId: `of ${client}`, round: 1, client, result: { adapter, embeddings: digests[2], seconds } },
  });
  const aggregated = () => ({ type: 'RoundAggregated', data: { round: 1, pool: digests[0] } });
  const traces = (...events: Pick<EventBody, 'type' | 'data'>[]) => readTraces(numbered(events), folder);

  it('are the same in another order, for another federation, and however long it took', async () => {
    const first = await traces(trained('bank'), trained('ward'), aggregated());
    const second = await traces(trained('ward', digests[1], 9), trained('bank'), aggregated());
    expect(differences(second, first)).toEqual([]);
    expect([...first.artifacts.values()].sort()).toEqual([...digests.slice(0, 3), ...digests.slice(1, 3)].sort());
  });

  it('are the same whether or not it took so long to place a job that it was told', async () => {
    const about = { federationId: 'one', round: 1, client: 'bank', attempt: 1 };
    const unplaced = {
      type: 'ClientJobUnplaced',
      data: { ...about, reason: 'there is no live trainer', trainers: [] },
    };
    const placed = { type: 'ClientJobPlaced', data: { ...about, trainerPool: 'default' } };
    const slow = await traces(unplaced, placed, trained('bank'), aggregated());
    expect(differences(slow, await traces(trained('bank'), aggregated()))).toEqual([]);
  });

  it('tell an event that is lost, doubled or changed, and an artifact that is another one', async () => {
    const whole = await traces(trained('bank'), aggregated());
    expect(differences(await traces(trained('bank')), whole)).toEqual([
      expect.stringContaining('pool (RoundAggregated of round 1) is missing'),
      expect.stringContaining('lost or changed: RoundAggregated'),
    ]);
    expect(differences(await traces(trained('bank'), aggregated(), aggregated()), whole)).toEqual([
      expect.stringContaining('doubled or changed: RoundAggregated'),
    ]);
    const other = await traces(trained('bank', digests[3]), aggregated());
    expect(differences(other, whole)).toEqual([
      `adapter (ClientTrained of round 1, bank) is ${digests[3]}, undisturbed ${digests[1]}`,
      expect.stringContaining('doubled or changed: ClientTrained'),
      expect.stringContaining('lost or changed: ClientTrained'),
    ]);
  });

  it('are refused with a gap between versions, or an artifact that is missing or not what its digest says', async () => {
    const [first, second] = numbered([trained('bank'), aggregated()]);
    await expect(readTraces([first as EventBody, { ...(second as EventBody), version: 3 }], folder)).rejects.toThrow(
      'RoundAggregated has version 3 where 2 was expected',
    );
    await expect(traces(trained('bank', '0'.repeat(64)))).rejects.toThrow('is missing');
    const damaged = await artifacts.put(new TextEncoder().encode('damaged'));
    await writeFile(artifacts.path(damaged), 'otherwise');
    await expect(traces(trained('bank', damaged))).rejects.toThrow('is corrupt');
  });
});
