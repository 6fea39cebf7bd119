import { describe, expect, it } from '@jest/globals';
import { referenceContinuation } from './reference-habits.js';

const [short, long] = [
  { frequencies: [1], magnitude: 1 },
  { frequencies: [0.5], magnitude: 1 },
];
const embedding = { name: 'rotary', pairs: 1, turns: (length: number) => (length > 4 ? long : short) };

/** What the tokens are made from, and how many. */
async function asked(prompt: readonly number[], keysFollow: boolean): Promise<(readonly [string, number])[]> {
  const requests: (readonly [string, number])[] = [];
  const tokens = await referenceContinuation(
    { rotaryEmbeddings: [{ ...embedding, keysFollow }] },
    prompt,
    5,
    (ids, count) => {
      requests.push([ids.join(), count]);
      return Promise.resolve(Array.from({ length: count }, (_, index) => 10 * (ids.at(-1) as number) + index));
    },
  );
  expect(tokens).toHaveLength(5);
  return requests;
}

describe("the reference's greedy tokens", () => {
  it('come from the newest token alone once LongRoPE turns keys otherwise', async () => {
    expect(await asked([1, 2], true)).toEqual([
      ['1,2', 3],
      ['22', 1],
      ['220', 1],
    ]);
  });

  it('come from all tokens where the prompt is longer than that, and where keys stay as they were', async () => {
    expect(await asked([1, 2, 3, 4, 5], true)).toEqual([['1,2,3,4,5', 5]]);
    expect(await asked([1, 2], false)).toEqual([['1,2', 5]]);
  });
});
