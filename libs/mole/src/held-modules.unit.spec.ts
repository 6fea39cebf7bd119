import { describe, expect, it } from '@jest/globals';
import { holdExperts, neutralParameters, stackParameters, unstackParameters } from './held-modules.js';
import { counted, countedPool, modules, rank } from './written-pools.fixture.js';

const [query, value] = ['layers.0.q_proj', 'layers.0.v_proj'] as const;
const pool = countedPool(5);
/** Another number of experts of each module. */
const assignment = { [query]: [0, 2, 4], [value]: [1, 3] };

describe('a part of the pool', () => {
  it('has the assigned experts in their order, and what every client holds', () => {
    const held = holdExperts(pool, assignment);
    expect(held.get(query)?.held).toEqual([0, 2, 4]);
    expect(held.get(query)?.experts).toEqual([0, 2, 4].map((index) => pool.get(query)?.experts[index]));
    expect(held.get(value)?.experts).toEqual([1, 3].map((index) => pool.get(value)?.experts[index]));
    expect(held.get(value)?.shared).toEqual(pool.get(value)?.shared);
    expect(held.get(value)?.tokenProjection).toEqual(pool.get(value)?.tokenProjection);
  });

  it('is refused where it names an expert that the pool does not have', () => {
    expect(() => holdExperts(pool, { ...assignment, [value]: [1, 5] })).toThrow(
      "layers.0.v_proj: expert 5 is not one of the pool's 5",
    );
  });

  it('is refused where it leaves out a module', () => {
    expect(() => holdExperts(pool, { [query]: [0] })).toThrow('no experts are assigned of module layers.0.v_proj');
  });
});

describe('stacked parameters', () => {
  const held = holdExperts(pool, assignment);
  const stacked = stackParameters(modules, held, rank);

  it('have the shapes of the graph inputs, by as many experts as the module holds', () => {
    expect(Object.fromEntries([...stacked].map(([name, { shape }]) => [name, shape]))).toEqual({
      'layers.0.q_proj.experts_A': [3, 2, 4],
      'layers.0.q_proj.experts_B': [4, 3, 2],
      'layers.0.q_proj.shared_A': [2, 4],
      'layers.0.q_proj.shared_B': [4, 2],
      'layers.0.q_proj.token_proj': [2, 4],
      'layers.0.v_proj.experts_A': [2, 2, 4],
      'layers.0.v_proj.experts_B': [3, 2, 2],
      'layers.0.v_proj.shared_A': [2, 4],
      'layers.0.v_proj.shared_B': [3, 2],
      'layers.0.v_proj.token_proj': [2, 4],
    });
  });

  it('lay A expert by expert, and B output row by output row', () => {
    // experts 1 and 3 of the second module: A from 2100 and 2300, B [3, 2] from 2150 and 2350
    expect(stacked.get('layers.0.v_proj.experts_A')?.values).toEqual(
      Float32Array.from([...counted(8, 2100), ...counted(8, 2300)]),
    );
    expect([...(stacked.get('layers.0.v_proj.experts_B')?.values ?? [])]).toEqual([
      ...[2150, 2151, 2350, 2351],
      ...[2152, 2153, 2352, 2353],
      ...[2154, 2155, 2354, 2355],
    ]);
  });

  it('come apart into what they were made of', () => {
    expect(unstackParameters(modules, stacked, assignment, rank)).toEqual(held);
  });

  it('are copies: training them leaves the pool as it was', () => {
    const trained = stackParameters(modules, held, rank);
    for (const { values } of trained.values()) values.fill(9);
    expect(holdExperts(pool, assignment)).toEqual(holdExperts(countedPool(5), assignment));
  });

  it('are not made without a module', () => {
    const partial = new Map([...held].filter(([name]) => name === query));
    expect(() => stackParameters(modules, partial, rank)).toThrow('no experts are held of module layers.0.v_proj');
  });

  it('do not come apart without a parameter', () => {
    const partial = new Map([...stacked].filter(([name]) => name !== 'layers.0.v_proj.shared_B'));
    expect(() => unstackParameters(modules, partial, assignment, rank)).toThrow(
      'parameter layers.0.v_proj.shared_B is missing',
    );
  });

  it('do not come apart into another number of experts', () => {
    expect(() => unstackParameters(modules, stacked, { ...assignment, [query]: [0, 2] }, rank)).toThrow(
      'layers.0.q_proj.experts_A has 24 elements; 2 experts of rank 2 have 16',
    );
    expect(() => unstackParameters(modules, stacked, { [query]: [0, 2, 4] }, rank)).toThrow(
      'no experts are assigned of module layers.0.v_proj',
    );
  });
});

describe('neutral parameters', () => {
  it('hold as many experts as a token is routed to, all zero', () => {
    const neutral = neutralParameters(modules, rank, 3);
    expect(neutral.get('layers.0.q_proj.experts_A')?.shape).toEqual([3, 2, 4]);
    expect([...neutral.keys()]).toEqual([...stackParameters(modules, holdExperts(pool, assignment), rank).keys()]);
    expect([...neutral.values()].every(({ values }) => values.every((element) => element === 0))).toBe(true);
  });
});
