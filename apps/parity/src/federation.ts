/** A whole small federation: every step's loss, every merge and every assignment, through the product's own functions. */
import { join, resolve } from 'node:path';
import { affinityScores, assignExperts, type AssignmentLimits } from '@fedamole/assignment';
import { readModel } from '@fedamole/base-models';
import {
  holdExperts,
  mergeExpertEmbeddings,
  mergePool,
  stackParameters,
  unstackParameters,
  type Expert,
  type ExpertPool,
  type HeldModules,
} from '@fedamole/mole';
import { Engine, meanEmbeddings, trainLocally, type MeanEmbeddings, type Sequence } from '@fedamole/training';
import { z } from 'zod';
import { largestDifference, relativeDifference, worst, type Comparison } from './comparison.js';
import { readJson, Reference } from './reference.js';

const description = z.object({
  clients: z.number(),
  experts: z.number(),
  expertChoices: z.number(),
  minExperts: z.number(),
  maxExperts: z.number(),
  stepsPerRound: z.number(),
  rounds: z.number(),
  rank: z.number(),
  alpha: z.number(),
  topK: z.number(),
  balanceWeight: z.number(),
  dropout: z.literal(0),
  optimizer: z.literal('adam'),
  baseModel: z.string(),
  log: z.array(
    z.object({
      round: z.number(),
      learningRate: z.number(),
      assignment: z.record(z.string(), z.array(z.array(z.number()))),
      losses: z.array(z.array(z.number())),
      balance: z.array(z.array(z.number())),
    }),
  ),
});
type Description = z.infer<typeof description>;

interface TrainedClient {
  readonly held: Readonly<Record<string, readonly number[]>>;
  readonly modules: HeldModules;
  readonly embeddings: ReadonlyMap<string, MeanEmbeddings>;
}

/** Whole texts as targets: only the first token is not predicted. */
const wholeText = (ids: readonly number[]): Sequence => ({ ids, promptLength: 1 });

export async function compareFederation(folder: string): Promise<Comparison[]> {
  const described = description.parse(await readJson(join(folder, 'reference.json')));
  const reference = await Reference.read(join(folder, 'reference.safetensors'));
  const model = await readModel(resolve(folder, described.baseModel));
  const names = model.modules.map(({ name }) => name);
  const { rank, alpha, topK, experts, clients, balanceWeight } = described;
  const engine = new Engine(model, {
    adapter: { kind: 'mole', rank, alpha, topK },
    balanceWeight,
    dropout: 0,
    threads: 1,
  });
  const limits: AssignmentLimits = { ...described, homogeneous: false };
  const comparisons: Comparison[] = [];
  let pool: ExpertPool = new Map(names.map((name) => [name, readPool(reference, `init.${name}`, experts)]));
  let ownScores: ReadonlyMap<string, readonly (readonly number[])[]> | null = null;

  for (const { round, learningRate, assignment, losses, balance } of described.log) {
    const given = new Map(names.map((name) => [name, scoreRows(reference, `round${round}.${name}.scores`, clients)]));
    const logged = JSON.stringify(names.map((name) => assignment[name]));
    const differs = (scores: ReadonlyMap<string, readonly (readonly number[])[]>): number =>
      Number(JSON.stringify(names.map((name) => assignExperts(scores.get(name) ?? [], limits))) !== logged);
    comparisons.push(worst(`round ${round}: assignment from the given scores differs`, [differs(given)], 0));
    if (ownScores !== null)
      comparisons.push(worst(`round ${round}: assignment from our scores differs`, [differs(ownScores)], 0));

    const lossErrors: number[] = [];
    const balanceErrors: number[] = [];
    const trained: TrainedClient[] = [];
    for (let client = 0; client < clients; client += 1) {
      const held = Object.fromEntries(names.map((name) => [name, assignment[name]?.[client] ?? []]));
      const parameters = stackParameters(model.modules, holdExperts(pool, held), rank);
      const settings = { steps: described.stepsPerRound, learningRate, padTokenId: 0, randomDropout: () => 0.5 };
      const nextBatch = trainingBatches(reference, described, round, client);
      await trainLocally(engine, parameters, nextBatch, settings, (report) => {
        lossErrors.push(Math.abs(report.loss - (losses[client]?.[report.step - 1] ?? NaN)));
        balanceErrors.push(Math.abs(report.balance - (balance[client]?.[report.step - 1] ?? NaN)));
      });
      const texts = rowsOf(reference, 'embedding_input_ids', [client]).map(wholeText);
      const embeddings = await meanEmbeddings(engine, parameters, texts, 0);
      trained.push({ held, modules: unstackParameters(model.modules, parameters, held, rank), embeddings });
    }
    comparisons.push(worst(`round ${round}: losses (${lossErrors.length} steps)`, lossErrors, 1e-3));
    comparisons.push(worst(`round ${round}: balance losses (${balanceErrors.length} steps)`, balanceErrors, 1e-3));
    comparisons.push(embeddingComparison(reference, round, names, trained));

    pool = mergePool(
      pool,
      trained.map(({ modules }) => ({ modules, weight: 1 })),
    );
    comparisons.push(mergeComparison(reference, round, pool));
    ownScores = new Map(names.map((name) => [name, scoresOf(name, trained, experts)]));
    const scoreErrors = [...ownScores].map(([name, scores]) =>
      largestDifference(scores.flat(), reference.floats(`round${round + 1}.${name}.scores`)),
    );
    comparisons.push(worst(`round ${round}: scores for the next round`, scoreErrors, 1e-3));
  }
  reference.requireAllCompared();
  await engine.release();
  return comparisons;
}

function scoresOf(module: string, trained: readonly TrainedClient[], experts: number): number[][] {
  const clients = trained.map(({ held, embeddings }) => ({
    held: held[module] ?? [],
    experts: embeddings.get(module)?.experts ?? [],
    weight: 1,
  }));
  const tokens = trained.map(({ embeddings }) => Array.from(embeddings.get(module)?.token ?? []));
  return affinityScores(mergeExpertEmbeddings(experts, clients), tokens);
}

function readPool(reference: Reference, prefix: string, experts: number) {
  const expert = (a: string, b: string): Expert => ({
    a: reference.singles(`${prefix}.${a}`),
    b: reference.singles(`${prefix}.${b}`),
  });
  return {
    shared: expert('shared_A', 'shared_B'),
    tokenProjection: reference.singles(`${prefix}.token_proj`),
    experts: Array.from({ length: experts }, (_, index) => expert(`expert.${index}.A`, `expert.${index}.B`)),
  };
}

function scoreRows(reference: Reference, name: string, clients: number): number[][] {
  const flat = reference.floats(name);
  return Array.from({ length: flat.length / clients }, (_, row) =>
    Array.from(flat.subarray(row * clients, (row + 1) * clients)),
  );
}

/** Rows of a tensor [..., batch, token] at leading indices. */
function rowsOf(reference: Reference, name: string, leading: readonly number[]): number[][] {
  const shape = reference.shape(name);
  const batch = shape.at(-2) as number;
  const block = leading.reduce((flat, index, axis) => flat * (shape[axis] as number) + index, 0);
  return reference.integerRows(name).slice(block * batch, (block + 1) * batch);
}

function trainingBatches(
  reference: Reference,
  { stepsPerRound }: Description,
  round: number,
  client: number,
): () => Sequence[] {
  let step = 0;
  return () => {
    const rows = rowsOf(reference, 'train_input_ids', [client, (round - 1) * stepsPerRound + step]);
    step += 1;
    return rows.map(wholeText);
  };
}

function embeddingComparison(
  reference: Reference,
  round: number,
  names: readonly string[],
  trained: readonly TrainedClient[],
): Comparison {
  const errors = trained.flatMap(({ embeddings }, client) =>
    names.flatMap((name) => {
      const prefix = `round${round}.client${client}.${name}`;
      const { token, experts } = embeddings.get(name) ?? { token: new Float32Array(0), experts: [] };
      const stacked = experts.flatMap((expert) => Array.from(expert));
      return [
        relativeDifference(token, reference.floats(`${prefix}.mean_token_embedding`)),
        relativeDifference(stacked, reference.floats(`${prefix}.mean_expert_embeddings`)),
      ];
    }),
  );
  return worst(`round ${round}: mean embeddings (${errors.length} tensors)`, errors, 2e-3);
}

function mergeComparison(reference: Reference, round: number, pool: ExpertPool): Comparison {
  const errors = [...pool].flatMap(([name, { shared, tokenProjection, experts }]) => {
    const error = (actual: Float32Array, part: string): number =>
      relativeDifference(actual, reference.floats(`round${round}.merged.${name}.${part}`));
    return [
      error(shared.a, 'shared_A'),
      error(shared.b, 'shared_B'),
      error(tokenProjection, 'token_proj'),
      ...experts.flatMap(({ a, b }, index) => [error(a, `expert.${index}.A`), error(b, `expert.${index}.B`)]),
    ];
  });
  return worst(`round ${round}: merged (${errors.length} tensors)`, errors, 2e-3);
}
