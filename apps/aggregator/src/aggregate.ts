/** Aggregation jobs: draws the first pool and assignment, or merges a round and assigns the experts of the next. */
import { setImmediate as otherWork } from 'node:timers/promises';
import { decodePool, encodePool, encodeScores, readHeldModule, type AdapterMetadata } from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import { assignExperts, randomScores, type AssignmentLimits } from '@fedamole/assignment';
import type {
  AdaptedModule,
  AggregationOutcome,
  AggregationResult,
  ExpertAssignment,
  HeldExperts,
} from '@fedamole/federation';
import {
  initialisePool,
  mergeModuleInto,
  type ExpertPool,
  type HeldModule,
  type ModulePool,
  type Weighted,
} from '@fedamole/mole';
import type { AggregationJob } from '@fedamole/queues';
import { readSafetensorsHeader, type SafetensorsHeader } from '@fedamole/safetensors';
import { seededRandom } from '@fedamole/seeded-random';
import { heldBy, inOrder, nextClients, weightOf, type AggregateJob } from './aggregate-job.js';
import { refusedContributions } from './contributions.js';
import { measuredScores, type Scores } from './measured-scores.js';

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
  const files = artifacts.localArtifacts();
  try {
    const uploads: CheckedUpload[] = [];
    for (const { client, adapter, trainExamples } of inOrder(job.results)) {
      const header = await readSafetensorsHeader(await files.path(adapter));
      uploads.push({ header, held: heldBy(job, client), weight: weightOf(job, trainExamples) });
    }
    for (const module of modules) await mergeUploads(job, module, pool.get(module.name) as ModulePool, uploads);
    // they are what was checked before only if they still are
    for (const { adapter } of job.results) await files.requireUnchanged(adapter);
  } finally {
    await files.close();
  }
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
  const clients = nextClients(job);
  const kept =
    job.kind === 'aggregate' && job.configuration.assignment === 'static' ? keptAssignment(job, clients) : null;
  const scores = await scoresOf(job, clients, artifacts);
  const assignment = kept ?? (await assign(job, clients, scores));
  return { assignment, scores: await artifacts.put(encodeScores(scores, clients)) };
}

/** Null where others take part from now on: the static assignment is then the one that round 0 would have drawn for them. */
function keptAssignment({ assignment }: AggregateJob, clients: readonly string[]): ExpertAssignment | null {
  return Object.keys(assignment).sort().join() === clients.join() ? assignment : null;
}

async function scoresOf(job: AggregationJob, clients: readonly string[], artifacts: ArtifactStore): Promise<Scores> {
  const { configuration, round, modules } = job;
  const redrawn = configuration.assignment === 'static' && job.kind === 'aggregate' && !keptAssignment(job, clients);
  if (job.kind === 'aggregate' && configuration.assignment !== 'random' && !redrawn) {
    return measuredScores(job, clients, artifacts);
  }
  return new Map(
    modules.map(({ name }) => {
      const random = seededRandom(configuration.seed, redrawn ? 0 : round, 'assignment', name);
      return [name, randomScores(configuration.experts, clients.length, random)];
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

const metadataOf = ({ configuration, baseModel }: AggregationJob): AdapterMetadata => ({
  rank: configuration.rank,
  alpha: configuration.alpha,
  topK: configuration.topK,
  baseModel: baseModel.digest,
});
