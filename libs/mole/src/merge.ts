/** Merging: the aggregator's means over the clients' trained experts. */
import type { Expert, ExpertPool, HeldModule, HeldModules, ModulePool } from './parameters.js';
import { meanInto, type Weighted } from './weighted-mean.js';

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
  const merged = new Map([...previous].map(([name, pool]) => [name, copied(pool)]));
  mergeInto(merged, contributions);
  return merged;
}

/** Likewise, over the former pool's own numbers: for whoever needs these no longer. */
export function mergeInto(pool: ExpertPool, contributions: readonly Contribution[]): void {
  for (const [name, modulePool] of pool) {
    const clients = contributions.map(({ modules, weight }) => {
      const module = modules.get(name);
      if (module === undefined) throw new Error(`a client's adapter lacks module ${name}`);
      return { value: module, weight };
    });
    mergeModuleInto(modulePool, clients);
  }
}

/** One module of `mergeInto`: whoever merges module by module need not hold the clients' other modules meanwhile. */
export function mergeModuleInto(pool: ModulePool, clients: readonly Weighted<HeldModule>[]): void {
  const holders: Weighted<Expert>[][] = pool.experts.map(() => []);
  for (const { value, weight } of clients) {
    value.held.forEach((index, position) => {
      const [expert, holding] = [value.experts[position], holders[index]];
      if (holding === undefined) throw new Error(`a client holds expert ${index}, and the pool has ${holders.length}`);
      if (expert === undefined)
        throw new Error(`a client holds ${value.held.length} experts, and gives ${value.experts.length}`);
      holding.push({ value: expert, weight });
    });
  }
  mergeExpertInto(
    pool.shared,
    clients.map(({ value, weight }) => ({ value: value.shared, weight })),
  );
  meanInto(
    pool.tokenProjection,
    clients.map(({ value, weight }) => ({ value: value.tokenProjection, weight })),
  );
  pool.experts.forEach((expert, index) => mergeExpertInto(expert, holders[index] ?? []));
}

function mergeExpertInto(expert: Expert, holders: readonly Weighted<Expert>[]): void {
  meanInto(
    expert.a,
    holders.map(({ value, weight }) => ({ value: value.a, weight })),
  );
  meanInto(
    expert.b,
    holders.map(({ value, weight }) => ({ value: value.b, weight })),
  );
}

function copied({ experts, shared, tokenProjection }: ModulePool): ModulePool {
  const expert = ({ a, b }: Expert): Expert => ({ a: a.slice(), b: b.slice() });
  return { experts: experts.map(expert), shared: expert(shared), tokenProjection: tokenProjection.slice() };
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
    const mean = new Float32Array(holders[0]?.value.length ?? 0);
    return meanInto(mean, holders) ? Array.from(mean) : null;
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
