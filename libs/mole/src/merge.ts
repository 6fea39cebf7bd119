/** Merging: the aggregator's means over the clients' trained experts. */
import type { Expert, ExpertPool, HeldModules, ModulePool } from './parameters.js';

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
        return { module, weight };
      });
      const merged: ModulePool = {
        shared: meanExpert(clients.map(({ module, weight }) => ({ value: module.shared, weight }))) ?? pool.shared,
        tokenProjection:
          weightedMean(clients.map(({ module, weight }) => ({ value: module.tokenProjection, weight }))) ??
          pool.tokenProjection,
        experts: pool.experts.map((expert, index) => {
          const holders = clients.flatMap(({ module, weight }) => {
            const value = module.experts[module.held.indexOf(index)];
            return value === undefined ? [] : [{ value, weight }];
          });
          return meanExpert(holders) ?? expert;
        }),
      };
      return [name, merged];
    }),
  );
}

interface Weighted<T> {
  readonly value: T;
  readonly weight: number;
}

function meanExpert(experts: readonly Weighted<Expert>[]): Expert | null {
  const a = weightedMean(experts.map(({ value, weight }) => ({ value: value.a, weight })));
  const b = weightedMean(experts.map(({ value, weight }) => ({ value: value.b, weight })));
  return a === null || b === null ? null : { a, b };
}

/** The weighted mean of equally long vectors; null where there is none of any weight. */
function weightedMean(vectors: readonly Weighted<Float32Array>[]): Float32Array | null {
  const [first] = vectors;
  if (first === undefined) return null;
  const sum = new Float64Array(first.value.length);
  let total = 0;
  for (const { value, weight } of vectors) {
    if (value.length !== sum.length) throw new Error(`merging vectors of ${sum.length} and ${value.length} elements`);
    total += weight;
    for (let index = 0; index < sum.length; index += 1)
      sum[index] = (sum[index] as number) + weight * (value[index] as number);
  }
  return total === 0 ? null : Float32Array.from(sum, (element) => element / total);
}

/** The mean embeddings that one client measured of the experts that it holds of a module. */
export interface ExpertEmbeddings {
  readonly held: readonly number[];
  /** One [rank] a held expert. */
  readonly experts: readonly Float32Array[];
  /** Its weight in the means, as in those of the experts themselves. */
  readonly weight: number;
}

/**
 * Each expert's embedding averaged over the clients that hold it, [experts][rank]; null for an expert that none of them holds.
 */
export function meanExpertEmbeddings(
  expertCount: number,
  clients: readonly ExpertEmbeddings[],
): (readonly number[] | null)[] {
  return Array.from({ length: expertCount }, (_, expert) => {
    const holders = clients.flatMap(({ held, experts, weight }) => {
      const value = experts[held.indexOf(expert)];
      return value === undefined ? [] : [{ value, weight }];
    });
    const mean = weightedMean(holders);
    return mean === null ? null : Array.from(mean);
  });
}

/** As meanExpertEmbeddings; throws where nobody holds an expert. */
export function mergeExpertEmbeddings(
  expertCount: number,
  clients: readonly ExpertEmbeddings[],
): (readonly number[])[] {
  return meanExpertEmbeddings(expertCount, clients).map((mean, expert) => {
    if (mean === null) throw new Error(`no client holds expert ${expert}: it has no embedding`);
    return mean;
  });
}
