import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createHash } from 'node:crypto';
import { isRunning } from '@fedamole/cluster';
import { readSafetensors } from '@fedamole/safetensors';
import { clients, runFederation } from './federation-run.js';
import type { FederationRun } from './federation-run.js';
import { jobsTakenAgain, killTrainerWhileItTrains } from './killed-trainer.js';
import { measureTestLosses } from './test-losses.js';

jest.setTimeout(300_000);

/** Everything that has a digest, in the order of rounds and clients. */
const digestsOf = ({ rounds, assignments, adapters }: FederationRun) => ({
  pools: rounds.map(({ round, aggregated }) => ({ round, pool: aggregated?.pool })),
  assignments,
  adapters: adapters.map(({ client, round, digest }) => ({ client, round, digest })),
});

const distinct = (values: readonly unknown[]): number => new Set(values.map((value) => JSON.stringify(value))).size;

describe('a federation of four clients and two trainers', () => {
  let run: FederationRun;

  beforeAll(async () => {
    run = await runFederation(2);
  });

  it('lowers every client’s loss on examples that it did not train on', () => {
    const results = (round: number) => run.rounds[round]?.clients ?? [];
    const before = new Map(results(0).map(({ client, baseline }) => [client, baseline?.metrics.testLoss]));
    const after = results(run.federation.configuration.rounds);
    expect(after.map(({ client }) => client)).toEqual(clients);
    for (const { client, result } of after) expect(result?.metrics.testLoss).toBeLessThan(before.get(client) ?? 0);
  });

  it('gives every client a model that suits it better than most of the others’ do', async () => {
    const lossOf = await measureTestLosses(run);
    for (const client of clients) {
      const others = clients.filter((other) => other !== client);
      const worse = others.filter((other) => lossOf(client, other) > lossOf(client, client));
      expect({ client, most: worse.length > others.length / 2 }).toEqual({ client, most: true });
    }
    for (const { client, result } of run.rounds.at(-1)?.clients ?? []) {
      expect(lossOf(client, client)).toBeCloseTo(result?.metrics.testLoss ?? 0, 6);
    }
  });

  it('assigns experts within every limit, in every round and module', () => {
    const { experts, expertChoices, minExperts, maxExperts, rounds } = run.federation.configuration;
    expect(run.assignments.map(({ round }) => round)).toEqual(Array.from({ length: rounds }, (_, index) => index + 1));
    for (const { assignment } of run.assignments) {
      expect(Object.keys(assignment).sort()).toEqual(clients);
      for (const { name } of run.federation.modules) {
        const held = clients.map((client) => assignment[client]?.[name] ?? []);
        for (const indices of held) {
          expect(indices.length).toBeGreaterThanOrEqual(minExperts);
          expect(indices.length).toBeLessThanOrEqual(maxExperts);
          expect(indices).toEqual([...new Set(indices)].sort((left, right) => left - right));
        }
        const holders = Array.from(
          { length: experts },
          (_, expert) => held.flat().filter((one) => one === expert).length,
        );
        expect(holders).toEqual(Array.from({ length: experts }, () => expertChoices));
        expect(held.flat()).toHaveLength(experts * expertChoices);
      }
    }
  });

  it('gives clients different experts, and different ones from module to module', () => {
    const modules = run.federation.modules.map(({ name }) => name);
    for (const { assignment } of run.assignments) {
      for (const client of clients)
        expect(distinct(modules.map((name) => assignment[client]?.[name]))).toBeGreaterThan(1);
      for (const name of modules)
        expect(distinct(clients.map((client) => assignment[client]?.[name]))).toBeGreaterThan(1);
    }
    expect(distinct(run.assignments.map(({ assignment }) => assignment))).toBe(run.assignments.length);
  });

  it('hands out adapters that are what their digests say, and hold the experts that were assigned', () => {
    const { configuration, baseModel } = run.federation;
    expect(run.adapters).toHaveLength(clients.length * configuration.rounds);
    for (const { client, round, digest, bytes, file } of run.adapters) {
      expect(createHash('sha256').update(file).digest('hex')).toBe(digest);
      expect(file.byteLength).toBe(bytes);
      const result = run.rounds[round]?.clients.find((one) => one.client === client)?.result;
      expect(result?.adapter).toBe(digest);
      const { metadata } = readSafetensors(file);
      expect(JSON.parse(metadata.experts ?? '')).toEqual(run.assignments[round - 1]?.assignment[client]);
      expect(metadata).toMatchObject({ base_model: baseModel.digest, r: '8', alpha: '16', topK: '2' });
    }
    expect(distinct(run.adapters.map(({ digest }) => digest))).toBe(run.adapters.length);
  });

  it('comes to the same digests where every round is computed again out of events and artifacts', () => {
    const { rounds } = run.federation.configuration;
    expect(run.replays).toMatchObject(
      Array.from({ length: rounds + 1 }, (_, round) => ({ round, state: 'completed', equal: true })),
    );
    expect(run.verification.intact).toBe(true);
    expect(run.verification.events).toBeGreaterThan(run.events.length);
  });

  it('leaves none of its processes running', async () => {
    expect(run.processes.length).toBeGreaterThanOrEqual(5);
    expect(await Promise.all(run.processes.map(isRunning))).toEqual(run.processes.map(() => false));
  });

  it('ends with the same artifacts where a trainer is killed amid its training', async () => {
    const disturbed = await runFederation(2, killTrainerWhileItTrains);
    expect(jobsTakenAgain(disturbed.trainerLog)).toHaveLength(1);
    expect(jobsTakenAgain(run.trainerLog)).toEqual([]);
    expect(await Promise.all(disturbed.processes.map(isRunning))).toEqual(disturbed.processes.map(() => false));
    const types = ({ events }: FederationRun): string[] => events.map(({ type }) => type).sort();
    expect(types(disturbed)).toEqual(types(run));
    expect(digestsOf(disturbed)).toEqual(digestsOf(run));
  });

  it('ends with the same artifacts where one trainer does all the work', async () => {
    expect(digestsOf(await runFederation(1))).toEqual(digestsOf(run));
  });
});
