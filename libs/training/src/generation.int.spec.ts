import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Model } from '@fedamole/base-models';
import type { Parameters } from '@fedamole/mole';
import { makeBatch } from './batch.js';
import { Engine } from './engine.js';
import { generateGreedily } from './generation.js';
import { allLogits, drawnParameters, drawnSequences, mole, padTokenId, tinyModel } from './small-models.fixture.js';

let model: Model;
let engine: Engine;
let parameters: Parameters;
/** More than are generated at once, of many lengths. */
let prompts: readonly (readonly number[])[];
beforeAll(async () => {
  model = await tinyModel();
  engine = new Engine(model, { adapter: mole, balanceWeight: 0, dropout: 0, threads: 1 });
  parameters = drawnParameters(model, [4, 3]);
  const lengths = Array.from({ length: 19 }, (_, index) => 2 + ((index * 7) % 31));
  prompts = drawnSequences(model, lengths).map(({ ids }) => ids);
});
afterAll(() => engine.release());

const settings = { maxNewTokens: 12, stopTokenIds: [], padTokenId };

/** The continuation without a cache: all logits of all tokens so far, computed anew for each token. */
async function recomputed(prompt: readonly number[], count: number): Promise<number[]> {
  const ids = [...prompt];
  const width = model.decoder.vocabularySize;
  while (ids.length < prompt.length + count) {
    const batch = makeBatch([{ ids, promptLength: 1 }], padTokenId);
    const logits = (await allLogits(engine, parameters, batch)).subarray((ids.length - 1) * width);
    ids.push(logits.indexOf(Math.max(...logits)));
  }
  return ids.slice(prompt.length);
}

describe('greedy generation', () => {
  it('gives what recomputing every token without a cache gives', async () => {
    const chosen = prompts.slice(0, 4);
    const answers = await generateGreedily(engine, parameters, chosen, settings);
    for (const [index, prompt] of chosen.entries()) expect(answers[index]).toEqual(await recomputed(prompt, 12));
  });

  it('gives each prompt the same answer in a batch as alone, in the order of the prompts', async () => {
    const together = await generateGreedily(engine, parameters, prompts, settings);
    expect(new Set(together.map((answer) => answer.join())).size).toBeGreaterThan(1);
    for (const [index, prompt] of prompts.entries()) {
      expect(await generateGreedily(engine, parameters, [prompt], settings)).toEqual([together[index]]);
    }
  });

  it('ends an answer before the ending token, and goes on with the others', async () => {
    const open = await generateGreedily(engine, parameters, prompts, settings);
    const eosTokenId = open[0]?.[3] as number;
    const closed = await generateGreedily(engine, parameters, prompts, { ...settings, stopTokenIds: [eosTokenId] });
    const expected = open.map((answer) =>
      answer.includes(eosTokenId) ? answer.slice(0, answer.indexOf(eosTokenId)) : answer,
    );
    expect(closed).toEqual(expected);
    expect(new Set(closed.map(({ length }) => length)).size).toBeGreaterThan(1);
  });

  it('tells how many answers are finished, up to all', async () => {
    const finished: number[] = [];
    await generateGreedily(engine, parameters, prompts, { ...settings, maxNewTokens: 1 }, (count) => {
      finished.push(count);
    });
    expect(finished).toEqual([0, 16, 16, 19]);
  });

  it('stops where it is told to', async () => {
    const stopping = generateGreedily(engine, parameters, prompts, settings, () => {
      throw new Error('stop');
    });
    await expect(stopping).rejects.toThrow('stop');
  });

  it("fills the model's positions, and refuses a prompt that would exceed them", async () => {
    const longest = drawnSequences(model, [64 - 12, 64 - 11]).map(({ ids }) => ids);
    const [answer] = await generateGreedily(engine, parameters, longest.slice(0, 1), settings);
    expect(answer).toHaveLength(12);
    await expect(generateGreedily(engine, parameters, longest, settings)).rejects.toThrow(
      'prompt 1 has 53 tokens; it may have 1 to 52 with 12 new ones',
    );
    await expect(generateGreedily(engine, parameters, [[]], settings)).rejects.toThrow('prompt 0 has 0 tokens');
  });

  it('answers no prompts with no answers', async () => {
    expect(await generateGreedily(engine, parameters, [], settings)).toEqual([]);
  });
});
