/** The quickstart's federation with two rounds, on a platform of its own: what its clients come to with a configuration. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderDigest } from '@fedamole/artifacts';
import { Cluster } from '@fedamole/cluster';
import type { FederationConfigurationInput, TrainingResult } from '@fedamole/federation';
import { BenchmarkError } from './benchmark-error.js';
import { quickstart, root, state } from './folders.js';
import { callsTo, type Call } from './platform-calls.js';

const ROUNDS = 2;
const quickstartConfiguration: FederationConfigurationInput = {
  rounds: ROUNDS,
  stepsPerRound: 50,
  batchSize: 4,
  learningRate: 0.005,
  maxNewTokens: 32,
};

/** Means after the last round over the clients that measured it: some generate answers, others compare choices. */
export interface FederationMeans {
  readonly testLoss: number;
  readonly rougeL: number;
  readonly choiceAccuracy: number;
}

export type RunFederation = (configuration: FederationConfigurationInput) => Promise<FederationMeans>;

/**
 * Runs `use` with a platform that is stopped afterwards, also where the process is interrupted. Each thread is a trainer's: so
 * small a model's steps gain little from a second.
 */
export async function withPlatform<Result>(
  threads: number,
  use: (run: RunFederation) => Promise<Result>,
): Promise<Result> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new BenchmarkError('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const data = join(quickstart, 'clients');
  const clients = (await readdir(data)).sort();
  const cluster = await Cluster.start({
    root,
    stateFolder: join(state, 'platform'),
    clients: Object.fromEntries(clients.map((client) => [client, join(data, client)])),
    modelsFolder: quickstart,
    trainers: threads,
    threadsPerTrainer: 1,
    signal: interrupted.signal,
  });
  try {
    const call = callsTo(`${cluster.apiUrl}/v1`, cluster.apiKey, interrupted.signal);
    // what an earlier run that was interrupted left would go on
    const left = await call<{ federations: readonly { id: string }[] }>('federations?status=running&limit=100');
    for (const { id } of left.federations) await call(`federations/${id}/cancel`, {});
    await call('base-models', { name: 'model', digest: await folderDigest(join(quickstart, 'model')) });
    for (const name of clients) await call('clients', { name });
    return await use((configuration) => federate(call, clients, configuration));
  } finally {
    await cluster.stop();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt);
  }
}

async function federate(
  call: Call,
  clients: readonly string[],
  changes: FederationConfigurationInput,
): Promise<FederationMeans> {
  const configuration = { ...quickstartConfiguration, ...changes };
  const { id } = await call<{ id: string }>('federations', { baseModel: 'model', clients, configuration });
  await call(`federations/${id}/start`, {});
  for (;;) {
    const { status, reason } = await call<{ status: string; reason: string | null }>(`federations/${id}`);
    if (status === 'completed') break;
    if (status !== 'running') throw new BenchmarkError(`the federation is ${status}: ${reason}`);
    await sleep(500);
  }
  const { rounds } = await call<{ rounds: readonly RoundBody[] }>(`federations/${id}/rounds`);
  const metrics = (rounds.at(-1)?.clients ?? []).flatMap(({ result }) => result?.metrics ?? []);
  return {
    testLoss: mean(metrics.map(({ testLoss }) => testLoss)),
    rougeL: mean(metrics.flatMap(({ rougeL }) => rougeL ?? [])),
    choiceAccuracy: mean(metrics.flatMap(({ choiceAccuracy }) => choiceAccuracy ?? [])),
  };
}

interface RoundBody {
  readonly clients: readonly { readonly result: TrainingResult | null }[];
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
