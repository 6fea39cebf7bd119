/** A federation of many clients whose training takes no time, on a platform of its own: what is left is coordination. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArtifactStore, folderDigest } from '@fedamole/artifacts';
import { Cluster } from '@fedamole/cluster';
import { readAggregatorSettings } from '@fedamole/config';
import type { AdaptedModule, FederationConfigurationInput } from '@fedamole/federation';
import { BenchmarkError } from './benchmark-error.js';
import { quickstart, root } from './folders.js';
import { startInstantTrainers } from './instant-trainers.js';
import { peakBytes } from './peak-memory.js';
import { callsTo, type Call } from './platform-calls.js';

/** Of clients, in all rounds together: what grows with the work that was done must not be taken for what grows with clients. */
const RESULTS = 4000;
/** Milliseconds between two readings of the federation. */
const READING_PAUSE = 50;
/** Clients are registered so many at a time. */
const REGISTERED_AT_ONCE = 20;

/** One module of rank 1 and the same experts for any number of clients, of which each holds two on average. */
const EXPERTS = 100;
const module: AdaptedModule = { name: 'model.layers.0.self_attn.q_proj', inputWidth: 256, outputWidth: 256 };
const configurationOf = (clients: number): FederationConfigurationInput => ({
  // round 0, which measures every client, comes before them
  rounds: RESULTS / clients - 1,
  stepsPerRound: 1,
  rank: 1,
  experts: EXPERTS,
  expertChoices: (2 * clients) / EXPERTS,
  minExperts: 1,
  maxExperts: 4,
  topK: 1,
  weights: 'float32',
  targetModules: [module.name],
});

export interface Coordinated {
  readonly rounds: number;
  readonly results: number;
  /** From the start to the end of the federation. */
  readonly seconds: number;
  /** What the 99th of a hundred readings of the federation took meanwhile, in milliseconds. */
  readonly readingMilliseconds: number;
  readonly readings: number;
  /** VmHWM of each process. */
  readonly apiBytes: number;
  readonly aggregatorBytes: number;
}

export async function coordinate(clients: number): Promise<Coordinated> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'coordination-'));
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort(new BenchmarkError('interrupted'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const { signal } = interrupted;
  try {
    const cluster = await Cluster.start({
      ...{ root, stateFolder, clients: {}, modelsFolder: quickstart },
      ...{ trainers: 0, threadsPerTrainer: 1, signal },
    });
    try {
      return await withTrainers(cluster, clients, signal);
    } finally {
      await cluster.stop();
    }
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, interrupt);
    await rm(stateFolder, { recursive: true, force: true });
  }
}

async function withTrainers(cluster: Cluster, clients: number, signal: AbortSignal): Promise<Coordinated> {
  const { queue, services } = cluster.describe();
  const artifactsFolder = join(cluster.stateFolder, 'artifacts');
  let failure: Error | null = null;
  const stopTrainers = await startInstantTrainers(
    readAggregatorSettings({ ...queue.env, ARTIFACTS_FOLDER: artifactsFolder }).queue,
    new ArtifactStore(artifactsFolder),
    [module],
    clientNames(clients),
    (error) => {
      failure = error;
    },
  );
  try {
    const call = callsTo(`${cluster.apiUrl}/v1`, cluster.apiKey, signal);
    const id = await createFederation(call, clients);
    const run = await runToItsEnd(call, id);
    const peakOf = (name: string): number => {
      const service = services.find((candidate) => candidate.name === name);
      return service === undefined ? 0 : peakBytes(service.process.pid);
    };
    return {
      rounds: RESULTS / clients,
      results: RESULTS,
      ...run,
      apiBytes: peakOf('api'),
      aggregatorBytes: peakOf('aggregator'),
    };
  } catch (error) {
    throw failure ?? error;
  } finally {
    await stopTrainers();
  }
}

const clientNames = (count: number): string[] =>
  Array.from({ length: count }, (_, client) => `client-${String(client).padStart(5, '0')}`);

async function createFederation(call: Call, count: number): Promise<string> {
  const clients = clientNames(count);
  await call('base-models', { name: 'model', digest: await folderDigest(join(quickstart, 'model')) });
  for (let first = 0; first < count; first += REGISTERED_AT_ONCE) {
    await Promise.all(clients.slice(first, first + REGISTERED_AT_ONCE).map((name) => call('clients', { name })));
  }
  const configuration = configurationOf(count);
  const { id } = await call<{ id: string }>('federations', { baseModel: 'model', clients, configuration });
  return id;
}

async function runToItsEnd(call: Call, id: string) {
  const started = performance.now();
  await call(`federations/${id}/start`, {});
  const readings: number[] = [];
  for (;;) {
    const asked = performance.now();
    const { status, reason } = await call<{ status: string; reason: string | null }>(`federations/${id}`);
    readings.push(performance.now() - asked);
    if (status === 'completed') break;
    if (status !== 'running') throw new BenchmarkError(`the federation is ${status}: ${reason}`);
    await sleep(READING_PAUSE);
  }
  const sorted = readings.sort((left, right) => left - right);
  const readingMilliseconds = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
  return { seconds: (performance.now() - started) / 1000, readingMilliseconds, readings: readings.length };
}
