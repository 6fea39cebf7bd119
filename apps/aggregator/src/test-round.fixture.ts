/** A small federation's aggregation jobs for tests: four clients, two modules, six experts of which each picks two clients. */
import { encodeAdapter, encodeEmbeddings } from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import {
  federationConfiguration,
  resolveConfiguration,
  type ExpertAssignment,
  type FederationConfiguration,
  type FederationConfigurationInput,
} from '@fedamole/federation';
import type { Expert } from '@fedamole/mole';
import type { AggregationJob } from '@fedamole/queues';
import { seededRandom } from '@fedamole/seeded-random';
import type { AggregateJob } from './aggregate-job.js';

export type InitialiseJob = Extract<AggregationJob, { kind: 'initialise' }>;

export const modules = [
  { name: 'layers.0.q_proj', inputWidth: 6, outputWidth: 6 },
  { name: 'layers.0.v_proj', inputWidth: 6, outputWidth: 4 },
];
export const clients = ['ana', 'ben', 'cem', 'dora'];
export const rank = 2;
export const EXPERTS = 6;
export const CHOICES = 2;
export const baseModel = { name: 'model', digest: 'b'.repeat(64) };

export function configured(changes: FederationConfigurationInput = {}): FederationConfiguration {
  const input = { rank, alpha: 4, experts: EXPERTS, expertChoices: CHOICES, minExperts: 2, maxExperts: 4, ...changes };
  return resolveConfiguration(federationConfiguration.parse(input), clients.length);
}

export function initialiseJob(changes: FederationConfigurationInput = {}): InitialiseJob {
  const header = { federationId: 'federation', round: 0, attempt: 1, configuration: configured(changes) };
  return { kind: 'initialise', ...header, baseModel, modules, clients };
}

const drawn = (random: () => number, length: number): Float32Array =>
  Float32Array.from({ length }, () => 2 * random() - 1);

/** What a client uploads of the experts that it holds: random numbers in place of trained ones. */
export async function storeUpload(artifacts: ArtifactStore, client: string, held: Record<string, number[]>, round = 1) {
  const random = seededRandom('upload', client, round);
  const uploaded = modules.map(({ name, inputWidth, outputWidth }) => {
    const expert = (): Expert => ({ a: drawn(random, rank * inputWidth), b: drawn(random, outputWidth * rank) });
    const indices = held[name] ?? [];
    const tokenProjection = drawn(random, rank * inputWidth);
    return [name, { held: indices, experts: indices.map(expert), shared: expert(), tokenProjection }] as const;
  });
  const measured = modules.map(({ name }) => {
    const experts = (held[name] ?? []).map(() => drawn(random, rank));
    return [name, { token: drawn(random, rank), experts }] as const;
  });
  const metadata = { rank, alpha: 4, topK: 2, baseModel: baseModel.digest };
  return {
    client,
    adapter: await artifacts.put(encodeAdapter(modules, new Map(uploaded), metadata)),
    embeddings: await artifacts.put(encodeEmbeddings(new Map(measured))),
    trainExamples: 100,
  };
}

/** The first round's aggregation, after round 0 assigned its experts. */
export async function aggregateJob(
  artifacts: ArtifactStore,
  { pool, assignment }: { readonly pool: string; readonly assignment: ExpertAssignment },
  changes: FederationConfigurationInput = {},
): Promise<AggregateJob> {
  const results = [];
  for (const client of clients) results.push(await storeUpload(artifacts, client, assignment[client] ?? {}));
  const header = { federationId: 'federation', round: 1, attempt: 1, configuration: configured(changes) };
  const basis = { baseModel, modules, pool, assignment, results };
  return { kind: 'aggregate', ...header, ...basis, nextRound: null, lastRound: false };
}
