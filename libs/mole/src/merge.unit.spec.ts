import { describe, expect, it } from '@jest/globals';
import { holdExperts } from './held-modules.js';
import { meanExpertEmbeddings, mergeExpertEmbeddings, mergePool, type Contribution } from './merge.js';
import type { Expert, HeldModules } from './parameters.js';
import { countedPool, modules } from './written-pools.fixture.js';

const [query, value] = ['layers.0.q_proj', 'layers.0.v_proj'] as const;
const pool = countedPool(4);

/** What a client uploads that holds these experts and has trained every element by `change`. */
function contribution(held: Record<string, readonly number[]>, change: number, weight = 1): Contribution {
  const moved = (values: Float32Array): Float32Array => values.map((element) => element + change);
  const expert = ({ a, b }: Expert): Expert => ({ a: moved(a), b: moved(b) });
  const trained: HeldModules = new Map(
    [...holdExperts(pool, held)].map(([name, module]) => [
      name,
      {
        held: module.held,
        experts: module.experts.map(expert),
        shared: expert(module.shared),
        tokenProjection: moved(module.tokenProjection),
      },
    ]),
  );
  return { modules: trained, weight };
}

/** By how much each part of a module has moved, told by its first element, and that all its elements moved alike. */
function movements(merged: ReturnType<typeof mergePool>, module: string) {
  const [before, after] = [pool.get(module), merged.get(module)];
  if (before === undefined || after === undefined) throw new Error(`no pool of ${module}`);
  const moved = (from: Float32Array, to: Float32Array): number => {
    const changes = new Set(to.map((element, index) => element - (from[index] as number)));
    expect(changes.size).toBe(1);
    return [...changes][0] as number;
  };
  const expert = (from: Expert, to: Expert | undefined): number => {
    const change = moved(from.a, to?.a ?? new Float32Array());
    expect(moved(from.b, to?.b ?? new Float32Array())).toBe(change);
    return change;
  };
  return {
    experts: before.experts.map((from, index) => expert(from, after.experts[index])),
    shared: expert(before.shared, after.shared),
    tokenProjection: moved(before.tokenProjection, after.tokenProjection),
  };
}

describe('merging a round', () => {
  // expert 1 of the first module and expert 0 of the second are held by both, expert 3 by nobody
  const first = { [query]: [0, 1], [value]: [0, 1] };
  const second = { [query]: [1, 2], [value]: [0, 2] };

  it('averages what every client holds over all, and each expert over those that hold it', () => {
    const merged = mergePool(pool, [contribution(first, 1), contribution(second, 3)]);
    expect(movements(merged, query)).toEqual({ experts: [1, 2, 3, 0], shared: 2, tokenProjection: 2 });
    expect(movements(merged, value)).toEqual({ experts: [2, 1, 3, 0], shared: 2, tokenProjection: 2 });
  });

  it('weighs clients by their weights, among the holders of an expert alone', () => {
    const merged = mergePool(pool, [contribution(first, 1, 30), contribution(second, 5, 10)]);
    expect(movements(merged, query)).toEqual({ experts: [1, 2, 5, 0], shared: 2, tokenProjection: 2 });
  });

  it('leaves an expert that nobody trained as it was, bit by bit', () => {
    const merged = mergePool(pool, [contribution(first, 1 / 3)]);
    expect(merged.get(query)?.experts[3]).toEqual(pool.get(query)?.experts[3]);
  });

  it('counts a client of weight 0 as one that trained nothing', () => {
    const merged = mergePool(pool, [contribution(first, 1, 0), contribution(second, 3, 2)]);
    expect(movements(merged, query)).toEqual({ experts: [0, 3, 3, 0], shared: 3, tokenProjection: 3 });
  });

  it('leaves the former pool and the contributions as they were', () => {
    const given = contribution(first, 1);
    mergePool(pool, [given, contribution(second, 3)]);
    expect(pool).toEqual(countedPool(4));
    expect(given).toEqual(contribution(first, 1));
  });

  it('gives the same bits again, and the same means in any order up to rounding', () => {
    const all = [contribution(first, 1 / 3, 3), contribution(second, 1 / 7, 5), contribution(first, 1e-3, 7)];
    const merged = mergePool(pool, all);
    expect(mergePool(pool, all)).toEqual(merged);
    const turned = mergePool(pool, [...all].reverse());
    for (const { name } of modules) {
      const [one, other] = [merged.get(name)?.shared.a ?? [], turned.get(name)?.shared.a ?? []];
      one.forEach((element, index) => expect(Math.abs(element / (other[index] as number) - 1)).toBeLessThan(1e-6));
    }
  });

  it('refuses a client that lacks a module', () => {
    const partial = { weight: 1, modules: new Map([...contribution(first, 1).modules].slice(0, 1)) };
    expect(() => mergePool(pool, [partial])).toThrow("a client's adapter lacks module layers.0.v_proj");
  });

  it('refuses experts of another rank', () => {
    const given = contribution(first, 1);
    const module = given.modules.get(query);
    if (module === undefined) throw new Error('no module');
    const wide = { ...module, tokenProjection: new Float32Array(12) };
    const other = { weight: 1, modules: new Map([...given.modules, [query, wide]]) };
    expect(() => mergePool(pool, [given, other])).toThrow('merging vectors of 8 and 12 elements');
  });

  it('refuses experts that the pool has not, and fewer than are said to be held', () => {
    const given = contribution({ [query]: [0, 1], [value]: [2] }, 1);
    const held = given.modules.get(query);
    if (held === undefined) throw new Error(`no module ${query}`);
    const changed = (module: Partial<typeof held>): Contribution => ({
      ...given,
      modules: new Map([...given.modules, [query, { ...held, ...module }]]),
    });
    expect(() => mergePool(pool, [changed({ held: [0, 4] })])).toThrow('a client holds expert 4, and the pool has 4');
    expect(() => mergePool(pool, [changed({ held: [0, 1, 2] })])).toThrow('a client holds 3 experts, and gives 2');
  });
});

describe("merging experts' embeddings", () => {
  it('averages each over the clients that hold the expert', () => {
    const merged = mergeExpertEmbeddings(3, [
      { held: [0, 1], experts: [Float32Array.of(1, 2), Float32Array.of(3, 4)], weight: 1 },
      { held: [1, 2], experts: [Float32Array.of(5, 8), Float32Array.of(7, 7)], weight: 1 },
    ]);
    expect(merged).toEqual([
      [1, 2],
      [4, 6],
      [7, 7],
    ]);
  });

  it('weighs them like the experts themselves', () => {
    const merged = mergeExpertEmbeddings(1, [
      { held: [0], experts: [Float32Array.of(1, 2)], weight: 1 },
      { held: [0], experts: [Float32Array.of(5, 10)], weight: 3 },
    ]);
    expect(merged).toEqual([[4, 8]]);
  });

  it('refuses to go on without an embedding of every expert', () => {
    const clients = [{ held: [0, 2], experts: [Float32Array.of(1), Float32Array.of(2)], weight: 1 }];
    expect(() => mergeExpertEmbeddings(3, clients)).toThrow('no client holds expert 1: it has no embedding');
    expect(meanExpertEmbeddings(3, clients)).toEqual([[1], null, [2]]);
  });
});
