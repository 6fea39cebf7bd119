/** One federation from nothing to its results, through the platform's own processes, which have ended when it returns. */
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { folderDigest } from '@fedamole/artifacts';
import { Cluster } from '@fedamole/cluster';
import type { KnownProcess } from '@fedamole/cluster';
import type { FederationConfigurationInput } from '@fedamole/federation';
import { eventually } from './eventually.js';
import { PlatformApi } from './platform-api.js';
import type {
  AdapterBody,
  AssignmentBody,
  EventBody,
  FederationBody,
  ReplayBody,
  RoundBody,
  VerificationBody,
} from './platform-api.js';

export const root = fileURLToPath(new URL('../../', import.meta.url));
export const modelsFolder = join(root, 'examples', 'quickstart');
const modelName = 'model';
export const modelFolder = join(modelsFolder, modelName);
export const clients = ['airline-passengers', 'bank-requests', 'call-notes', 'hotel-questions'];
export const dataOf = (client: string): string => join(modelsFolder, 'clients', client);

/** As little as shows that clients learn, and that the experts are assigned anew from what they learned. */
const configuration: FederationConfigurationInput = {
  rounds: 2,
  stepsPerRound: 40,
  learningRate: 3e-3,
  maxLength: 128,
  maxNewTokens: 8,
};

export interface DownloadedAdapter extends AdapterBody {
  readonly file: Uint8Array;
}

export interface FederationRun {
  readonly federation: FederationBody;
  /** Round 0 and those that train. */
  readonly rounds: readonly RoundBody[];
  /** Of every round that trains, in order. */
  readonly assignments: readonly AssignmentBody[];
  /** Of every round and client, in this order. */
  readonly adapters: readonly DownloadedAdapter[];
  readonly events: readonly EventBody[];
  /** Every round computed again, round 0 first. */
  readonly replays: readonly ReplayBody[];
  /** Of the whole log, after the replays. */
  readonly verification: VerificationBody;
  /** What the trainers logged. */
  readonly trainerLog: string;
  /** What ran at the end, and was stopped then. */
  readonly processes: readonly KnownProcess[];
}

/** What else happens while the federation runs. */
export type Disturbance = (cluster: Cluster, api: PlatformApi, federationId: string) => Promise<void>;

/** Throws where the federation does not complete. */
export async function runFederation(trainers: number, disturb?: Disturbance): Promise<FederationRun> {
  return withCluster(trainers, async (cluster) => {
    const api = new PlatformApi(cluster.apiUrl, cluster.apiKey);
    const id = await startFederation(api);
    await disturb?.(cluster, api, id);
    const federation = await eventually('the federation ends', async () => {
      const found = await api.federation(id);
      return found.status === 'running' ? null : found;
    });
    const logs = Array.from({ length: trainers }, (_, index) =>
      join(cluster.stateFolder, 'logs', `trainer-${index + 1}.log`),
    );
    const trainerLog = (await Promise.all(logs.map((log) => readFile(log, 'utf8')))).join('');
    if (federation.status !== 'completed') {
      throw new Error(`the federation is ${federation.status}: ${federation.reason}\n${trainerLog}`);
    }
    return { federation, ...(await collect(api, federation)), trainerLog, processes: processesOf(cluster) };
  });
}

/** A platform of its own, of which nothing is left when this returns. */
export async function withCluster<Result>(
  trainers: number,
  use: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'fedamole-e2e-'));
  // Root's PostgreSQL runs as another account, which must be able to pass through.
  await chmod(stateFolder, 0o711);
  try {
    return await useCluster(stateFolder, trainers, use);
  } finally {
    await rm(stateFolder, { recursive: true, force: true });
  }
}

async function useCluster<Result>(
  stateFolder: string,
  trainers: number,
  use: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const paths = Object.fromEntries(clients.map((client) => [client, dataOf(client)]));
  const cluster = await Cluster.start({
    root,
    stateFolder,
    clients: paths,
    modelsFolder,
    trainers,
    threadsPerTrainer: 1,
  });
  const { dataFolder } = cluster.describe().postgres;
  try {
    return await use(cluster);
  } finally {
    await cluster.stop();
    // It lies elsewhere where PostgreSQL's account cannot reach the state folder.
    await rm(dataFolder, { recursive: true, force: true });
  }
}

/** Every part of the cluster that runs at the moment. */
export function processesOf(cluster: Cluster): KnownProcess[] {
  const { services, queue, postgres } = cluster.describe();
  return [...services.map(({ process }) => process), ...(queue.process ? [queue.process] : []), postgres.process];
}

export async function register(api: PlatformApi): Promise<void> {
  await api.registerBaseModel({ name: modelName, digest: await folderDigest(modelFolder) });
  for (const client of clients) await api.registerClient(client);
}

async function startFederation(api: PlatformApi): Promise<string> {
  await register(api);
  return createAndStart(api, 'e2e', configuration);
}

/** A federation of all clients, on a platform that knows them and the model. */
export async function createAndStart(
  api: PlatformApi,
  name: string,
  chosen: FederationConfigurationInput,
): Promise<string> {
  const { id } = await api.createFederation({ name, baseModel: modelName, clients, configuration: chosen });
  await api.start(id);
  return id;
}

async function collect(
  api: PlatformApi,
  { id, configuration: { rounds } }: FederationBody,
): Promise<Pick<FederationRun, 'rounds' | 'assignments' | 'adapters' | 'events' | 'replays' | 'verification'>> {
  const assignments: AssignmentBody[] = [];
  const adapters: DownloadedAdapter[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    assignments.push(await api.assignment(id, round));
    for (const adapter of await api.adapters(id, round)) {
      adapters.push({ ...adapter, file: await api.download(id, adapter.client, round) });
    }
  }
  const replays = await replayRounds(api, id, rounds);
  const verification = await api.verify();
  return { rounds: await api.rounds(id), assignments, adapters, events: await api.events(id), replays, verification };
}

async function replayRounds(api: PlatformApi, id: string, rounds: number): Promise<ReplayBody[]> {
  const replays: ReplayBody[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    await api.requestReplay(id, round);
    const ended = await eventually(`the replay of round ${round} ends`, async () => {
      const replay = await api.replay(id, round);
      return replay.state === 'completed' || replay.state === 'failed' ? replay : null;
    });
    replays.push(ended);
  }
  return replays;
}
