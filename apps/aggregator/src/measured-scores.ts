/** Scores of the next assignment from the embeddings that clients measured, in this round or, where they missed it, before. */
import { decodeEmbeddings, decodeTokenEmbeddings } from '@fedamole/adapters';
import type { ArtifactStore } from '@fedamole/artifacts';
import { partialAffinityScores } from '@fedamole/assignment';
import { meanExpertEmbeddings, type ExpertEmbeddings } from '@fedamole/mole';
import { seededRandom } from '@fedamole/seeded-random';
import { heldBy, inOrder, weightOf, type AggregateJob } from './aggregate-job.js';

/** Scores [experts][clients] of each module. */
export type Scores = ReadonlyMap<string, readonly (readonly number[])[]>;

/** What is known of each module: embeddings of experts, client by client, and of clients' tokens. */
interface Measured {
  readonly experts: ReadonlyMap<string, ExpertEmbeddings[]>;
  readonly tokens: ReadonlyMap<string, Map<string, Float32Array>>;
}

/**
 * Affinities of every expert to each of `clients`. An expert or a client that nobody ever measured has drawn scores, which
 * derive from seed, round, module, expert and client.
 */
export async function measuredScores(
  job: AggregateJob,
  clients: readonly string[],
  artifacts: ArtifactStore,
): Promise<Scores> {
  const { configuration, modules, round } = job;
  const measured: Measured = {
    experts: new Map(modules.map(({ name }) => [name, []])),
    tokens: new Map(modules.map(({ name }) => [name, new Map()])),
  };
  await addResults(measured, job, artifacts);
  await addEarlierExperts(measured, job, artifacts);
  await addEarlierTokens(measured, job, artifacts);
  return new Map(
    modules.map(({ name }) => {
      const experts = meanExpertEmbeddings(configuration.experts, measured.experts.get(name) ?? []);
      const tokens = clients.map((client) => measured.tokens.get(name)?.get(client) ?? null);
      const draw = (expert: number, client: number): number =>
        seededRandom(configuration.seed, round, 'score', name, expert, clients[client] ?? '')();
      return [name, partialAffinityScores(experts, tokens.map(plain), draw)];
    }),
  );
}

async function addResults({ experts, tokens }: Measured, job: AggregateJob, artifacts: ArtifactStore): Promise<void> {
  for (const { client, embeddings, trainExamples } of inOrder(job.results)) {
    if (embeddings === null) throw new Error(`client ${client} sent no embeddings in round ${job.round}`);
    const held = heldBy(job, client);
    const decoded = decodeEmbeddings(await artifacts.get(embeddings), held, job.configuration.rank);
    for (const { name } of job.modules) {
      const module = decoded.get(name);
      if (module === undefined) throw new Error(`a client sent no embeddings of module ${name}`);
      const weight = weightOf(job, trainExamples);
      experts.get(name)?.push({ held: held[name] ?? [], experts: module.experts, weight });
      tokens.get(name)?.set(client, module.token);
    }
  }
}

/** Of experts that nobody trained in this round: what was measured when they were trained last. */
async function addEarlierExperts({ experts }: Measured, job: AggregateJob, artifacts: ArtifactStore): Promise<void> {
  for (const earlier of job.nextRound?.earlier ?? []) {
    const decoded = decodeEmbeddings(await artifacts.get(earlier.embeddings), earlier.held, job.configuration.rank);
    for (const [name, taken] of Object.entries(earlier.experts)) {
      const held = earlier.held[name] ?? [];
      const found = decoded.get(name)?.experts.filter((_, index) => taken.includes(held[index] ?? NaN)) ?? [];
      experts.get(name)?.push({ held: taken, experts: found, weight: weightOf(job, earlier.trainExamples) });
    }
  }
}

/** Of clients that take part in the next round and had no part in this one. */
async function addEarlierTokens({ tokens }: Measured, job: AggregateJob, artifacts: ArtifactStore): Promise<void> {
  const answered = new Set(job.results.map(({ client }) => client));
  for (const { client, embeddings } of job.nextRound?.participants ?? []) {
    if (embeddings === null || answered.has(client)) continue;
    const decoded = decodeTokenEmbeddings(await artifacts.get(embeddings), job.modules, job.configuration.rank);
    for (const [name, token] of decoded) tokens.get(name)?.set(client, token);
  }
}

const plain = (token: Float32Array | null): number[] | null => (token === null ? null : Array.from(token));
