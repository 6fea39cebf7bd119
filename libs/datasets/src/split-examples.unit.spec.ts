import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitExamples } from './split-examples.js';
import type { Splits } from './split-examples.js';

interface Item {
  readonly instruction: string;
  readonly input: string;
  readonly id: number;
}

const distinct = (count: number): Item[] =>
  Array.from({ length: count }, (_, id) => ({ instruction: 'do', input: `${id}`, id }));
const sizes = ({ train, embedding, validation, test }: Splits<Item>): number[] =>
  [train, embedding, validation, test].map((split) => split.length);

describe('splits', () => {
  it.each([
    [4, [1, 1, 1, 1]],
    [19, [16, 1, 1, 1]],
    [100, [76, 4, 10, 10]],
    [1062, [808, 42, 106, 50]],
    [6500, [4940, 200, 200, 50]],
  ])('of %i distinct examples have train, embedding, validation and test sizes %j', (count, expected) => {
    expect(sizes(splitExamples(distinct(count), 0))).toEqual(expected);
  });

  it('have up to 200 test examples where all of them have choices, 50 where one has none', () => {
    const choices = ['a', 'b'];
    const classified = distinct(2500).map((item) => ({ ...item, choices }));
    const splits = splitExamples<Item & { readonly choices?: readonly string[] }>(classified, 0);
    expect(splits.test).toHaveLength(200);
    const [tested] = splits.test;
    const mixed = [...classified.filter(({ id }) => id !== tested?.id), distinct(2500)[tested?.id ?? 0] as Item];
    const order = (items: readonly Item[]): Item[] => [...items].sort((left, right) => left.id - right.id);
    expect(splitExamples<Item & { readonly choices?: readonly string[] }>(order(mixed), 0).test).toHaveLength(50);
  });

  it('are a function of seed and order alone, and differ between seeds', () => {
    const items = distinct(200);
    expect(splitExamples(items, 3)).toEqual(splitExamples(items, 3));
    expect(splitExamples(items, 3).test).not.toEqual(splitExamples(items, 4).test);
    expect(splitExamples(items, 3).test).not.toEqual(splitExamples(items, '3').test);
  });

  it('are disjoint, whole and never share an input, however inputs repeat', () => {
    const item = fc.record({ instruction: fc.constantFrom('a', 'b'), input: fc.constantFrom('p', 'q', 'r', 's', 't') });
    fc.assert(
      fc.property(fc.array(item, { minLength: 4, maxLength: 120 }), fc.integer(), (drawn, seed) => {
        const items = drawn.map((fields, id) => ({ ...fields, id }));
        const inputs = new Set(items.map(({ instruction, input }) => `${instruction} ${input}`));
        fc.pre(inputs.size >= 4);
        const splits = splitExamples(items, seed);
        const lists = [splits.train, splits.embedding, splits.validation, splits.test];
        for (const list of lists) expect(list.length).toBeGreaterThan(0);
        expect(
          lists
            .flat()
            .map(({ id }) => id)
            .sort((left, right) => left - right),
        ).toEqual(items.map(({ id }) => id));
        const owners = lists.flatMap((list) => [
          ...new Set(list.map(({ instruction, input }) => `${instruction} ${input}`)),
        ]);
        expect(owners).toHaveLength(inputs.size);
      }),
      { seed: 11, numRuns: 300 },
    );
  });

  it('hold their numbers where equal inputs leave room for it', () => {
    const items = [...distinct(95), ...distinct(5).map((item) => ({ ...item, id: item.id + 95 }))];
    expect(sizes(splitExamples(items, 1))).toEqual([76, 4, 10, 10]);
  });

  it('keep a seldom input for each split where one input fills nearly all', () => {
    const items = [
      ...distinct(4),
      ...Array.from({ length: 96 }, (_, id) => ({ instruction: 'do', input: '0', id: id + 4 })),
    ];
    expect(sizes(splitExamples(items, 0))).toEqual([97, 1, 1, 1]);
  });

  it('refuse fewer than four distinct inputs, saying how many there are', () => {
    const items = [...distinct(3), ...distinct(3)];
    expect(() => splitExamples(items, 0)).toThrow(
      '6 examples with 3 distinct inputs are too few to split: at least 4 distinct inputs are needed',
    );
    expect(() => splitExamples([], 0)).toThrow(/^0 examples with 0 distinct inputs/);
  });
});
