/** Merging: the aggregator's means over the clients' trained experts. */
import type { Expert, ExpertPool, HeldModule, HeldModules, ModulePool } from './parameters.js';
import { weightedMean, type Weighted } from './weighted-mean.js';

export interface Contribution {
  readonly modules: HeldModules;
  /** Its weight in the means: 1, or the number of its training examples. */
  readonly weight: number;
}

/**
 * The pool after a round: the shared expert and the token projection averaged over all clients, each domain expert over
 * those that hold it; an expert that nobody trained keeps its value. Sums are taken in float64 in the order given, so the
 * result depends on nothing else.
 */
export function mergePool(previous: ExpertPool, contributions: readonly Contribution[]): ExpertPool {
  return new Map(
    [...previous].map(([name, pool]) => {
      const clients = contributions.map(({ modules, weight }) => {
        const module = modules.get(name);
        if (module === undefined) throw new Error(`a client's adapter lacks module ${name}`);
        return { value: module, weight };
      });
      return [name, mergeModule(pool, clients)];
    }),
  );
}

/** One module of `mergePool`: whoever merges module by module need not hold the clients' other modules meanwhile. */
export function mergeModule(previous: ModulePool, clients: readonly Weighted<HeldModule>[]): ModulePool {
  const holders: Weighted<Expert>[][] = previous.experts.map(() => []);
  for (const { value, weight } of clients) {
    value.held.forEach((index, position) => {
      const expert = value.experts[position];
      if (expert !== undefined) holders[index]?.push({ value: expert, weight });
    });
  }
  return {
    shared: meanExpert(clients.map(({ value, weight }) => ({ value: value.shared, weight }))) ?? previous.shared,
    tokenProjection:
      weightedMean(clients.map(({ value, weight }) => ({ value: value.tokenProjection, weight }))) ??
      previous.tokenProjection,
    experts: previous.experts.map((expert, index) => meanExpert(holders[index] ?? []) ?? expert),
  };
}

function meanExpert(experts: readonly Weighted<Expert>[]): Expert | null {
  const a = weightedMean(experts.map(({ value, weight }) => ({ value: value.a, weight })));
  const b = weightedMean(experts.map(({ value, weight }) => ({ value: value.b, weight })));
  return a === null || b === null ? null : { a, b };
}

/** The mean embeddings that one client measured of the experts that it holds of a module. */
export interface ExpertEmbeddings {
  readonly held: readonly number[];
  /** One [rank] a held expert. */
  readonly experts: readonly Float32Array[];
  /** Its weight in the means, as in those of the experts themselves. */
  readonly weight: number;
}

/** Each expert's embedding averaged over the clients that hold it [experts][rank]. Throws where nobody holds an expert. */
export function mergeExpertEmbeddings(expertCount: number, clients: readonly ExpertEmbeddings[]): number[][] {
  return Array.from({ length: expertCount }, (_, expert) => {
    const holders = clients.flatMap(({ held, experts, weight }) => {
      const value = experts[held.indexOf(expert)];
      return value === undefined ? [] : [{ value, weight }];
    });
    const mean = weightedMean(holders);
    if (mean === null) throw new Error(`no client holds expert ${expert}: it has no embedding`);
    return Array.from(mean);
  });
}
