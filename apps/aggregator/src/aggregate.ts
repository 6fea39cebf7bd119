/** Aggregation jobs: draws the first pool and assignment, or merges a round and assigns the experts of the next. */
import { setImmediate as otherWork } from 'node:timers/promises';
import {
  decodeEmbeddings,
  decodePool,
  encodePool,
  encodeScores,
  readHeldModule,
  type AdapterMetadata,
  type ClientEmbeddings,
} from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import { affinityScores, assignExperts, randomScores, type AssignmentLimits } from '@fedamole/assignment';
import type {
  AdaptedModule,
  AggregationOutcome,
  AggregationResult,
  ExpertAssignment,
  HeldExperts,
} from '@fedamole/federation';
import {
  initialisePool,
  mergeExpertEmbeddings,
  mergeModuleInto,
  type ExpertPool,
  type HeldModule,
  type ModulePool,
  type Weighted,
} from '@fedamole/mole';
import type { AggregationJob } from '@fedamole/queues';
import { readSafetensorsHeader, type SafetensorsHeader } from '@fedamole/safetensors';
import { seededRandom } from '@fedamole/seeded-random';
import { heldBy, inOrder, type AggregateJob } from './aggregate-job.js';
import { refusedContributions } from './contributions.js';

/** Scores [experts][clients] of each module. */
type Scores = ReadonlyMap<string, readonly (readonly number[])[]>;

/**
 * The same job always has the same artifacts: sums and ties go by client name, and draws derive from seed, round and module.
 * Where a client's artifacts are refused, all refusals are the outcome, and nothing is merged or stored.
 */
export async function aggregate(job: AggregationJob, artifacts: ArtifactStore): Promise<AggregationOutcome> {
  const started = performance.now();
  const refused = job.kind === 'initialise' ? [] : await refusedContributions(job, artifacts);
  if (refused.length > 0) return { refused };
  const pool = job.kind === 'initialise' ? drawPool(job) : await mergeRound(job, artifacts);
  const bytes = encodePool(job.modules, pool, metadataOf(job));
  return {
    pool: await artifacts.put(bytes),
    next: await nextAssignment(job, artifacts),
    poolBytes: bytes.byteLength,
    seconds: (performance.now() - started) / 1000,
  };
}

function drawPool({ modules, configuration }: AggregationJob): ExpertPool {
  return initialisePool(modules, configuration, (module) => seededRandom(configuration.seed, 0, 'pool', module));
}

async function mergeRound(job: AggregateJob, artifacts: ArtifactStore): Promise<ExpertPool> {
  const { modules, configuration } = job;
  const pool = decodePool(await artifacts.get(job.pool), modules, configuration);
  const uploads: CheckedUpload[] = [];
  for (const { client, adapter, trainExamples } of inOrder(job.results)) {
    const header = await readSafetensorsHeader(artifacts.path(adapter));
    uploads.push({ header, held: heldBy(job, client), weight: weightOf(job, trainExamples) });
  }
  for (const module of modules) await mergeUploads(job, module, pool.get(module.name) as ModulePool, uploads);
  // Read in parts they could not be checked against their digests: they are what was checked before only if they still are.
  for (const { adapter } of job.results) await artifacts.get(adapter);
  return pool;
}

/** An adapter that `refusedContributions` found to be what it has to be; its tensors stay in the file until they are merged. */
interface CheckedUpload {
  readonly header: SafetensorsHeader;
  readonly held: HeldExperts;
  readonly weight: number;
}

/** Memory for one module of every client, whatever the number of modules. */
async function mergeUploads(
  { configuration }: AggregateJob,
  module: AdaptedModule,
  pool: ModulePool,
  uploads: readonly CheckedUpload[],
): Promise<void> {
  const clients: Weighted<HeldModule>[] = [];
  for (const { header, held, weight } of uploads) {
    const value = await readHeldModule(header, module, held[module.name] ?? [], configuration.rank);
    clients.push({ value, weight });
  }
  mergeModuleInto(pool, clients);
}

async function nextAssignment(job: AggregationJob, artifacts: ArtifactStore): Promise<AggregationResult['next']> {
  if (job.kind === 'aggregate' && job.lastRound) return null;
  const clients =
    job.kind === 'initialise' ? [...job.clients].sort() : inOrder(job.results).map(({ client }) => client);
  const scores = await scoresOf(job, clients.length, artifacts);
  const fixed = job.kind === 'aggregate' && job.configuration.assignment === 'static';
  const assignment = fixed ? job.assignment : await assign(job, clients, scores);
  return { assignment, scores: await artifacts.put(encodeScores(scores, clients)) };
}

async function scoresOf(job: AggregationJob, clientCount: number, artifacts: ArtifactStore): Promise<Scores> {
  const { configuration, round, modules } = job;
  if (job.kind === 'aggregate' && configuration.assignment !== 'random') return measuredScores(job, artifacts);
  return new Map(
    modules.map(({ name }) => {
      const random = seededRandom(configuration.seed, round, 'assignment', name);
      return [name, randomScores(configuration.experts, clientCount, random)];
    }),
  );
}

/** Affinities of every expert to every client, from the embeddings that the clients measured. */
async function measuredScores(job: AggregateJob, artifacts: ArtifactStore): Promise<Scores> {
  const { configuration, modules } = job;
  const clients: { held: HeldExperts; embeddings: ReadonlyMap<string, ClientEmbeddings>; weight: number }[] = [];
  for (const { client, embeddings, trainExamples } of inOrder(job.results)) {
    if (embeddings === null) throw new Error(`client ${client} sent no embeddings in round ${job.round}`);
    const held = heldBy(job, client);
    const decoded = decodeEmbeddings(await artifacts.get(embeddings), held, configuration.rank);
    clients.push({ held, embeddings: decoded, weight: weightOf(job, trainExamples) });
  }
  return new Map(
    modules.map(({ name }) => {
      const measured = clients.map(({ held, embeddings, weight }) => {
        const module = embeddings.get(name);
        if (module === undefined) throw new Error(`a client sent no embeddings of module ${name}`);
        return { held: held[name] ?? [], experts: module.experts, weight, token: Array.from(module.token) };
      });
      const tokens = measured.map(({ token }) => token);
      return [name, affinityScores(mergeExpertEmbeddings(configuration.experts, measured), tokens)];
    }),
  );
}

async function assign(job: AggregationJob, clients: readonly string[], scores: Scores): Promise<ExpertAssignment> {
  const limits: AssignmentLimits = { ...job.configuration, clients: clients.length };
  const assignment: ExpertAssignment = Object.fromEntries(clients.map((client) => [client, {}]));
  for (const { name } of job.modules) {
    assignExperts(scores.get(name) ?? [], limits).forEach((held, index) => {
      (assignment[clients[index] as string] as HeldExperts)[name] = held;
    });
    // large problems take a while: the lock must be renewed and health checks answered meanwhile
    await otherWork();
  }
  return assignment;
}

const weightOf = ({ configuration }: AggregateJob, trainExamples: number): number =>
  configuration.mergeWeighting === 'examples' ? trainExamples : 1;

const metadataOf = ({ configuration, baseModel }: AggregationJob): AdapterMetadata => ({
  rank: configuration.rank,
  alpha: configuration.alpha,
  topK: configuration.topK,
  baseModel: baseModel.digest,
});
